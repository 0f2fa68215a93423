"""The cards of the virtual board, as `personalisation.toml` describes them."""

import calendar
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from board.errors import PersonalisationError
from board.virtual.applet import Applet, Application, Record
from board.virtual.card import Card

PATH = Path(__file__).with_name("personalisation.toml")
DYNAMIC_TAGS = frozenset(("82", "94", "9F10", "9F26", "9F27", "9F36"))


@dataclass(frozen=True)
class CardData:
    """One card as personalised; `make_card` makes cards of it."""

    name: str
    uid: bytes
    atqa: bytes
    sak: int
    ats: bytes
    chain: int | None
    wtx_instructions: frozenset[int]
    applications: tuple[Application, ...]


class _RecordTable(msgspec.Struct, forbid_unknown_fields=True):
    sfi: int
    number: int
    tags: list[str]


class _ApplicationTable(msgspec.Struct, forbid_unknown_fields=True):
    aid: str
    label: str
    pdol: str
    aip: str
    iad: str
    gpo_format: Literal["77", "80"]
    pan: str
    expiry: str
    service_code: str
    discretionary: str
    psn: str
    holder: str
    key: str
    records: list[_RecordTable]
    gpo_tags: list[str] = []
    cdol1: str = ""
    data: dict[str, str] = {}


class _Use(msgspec.Struct, forbid_unknown_fields=True):
    use: str
    priority: int


class _CardTable(msgspec.Struct, forbid_unknown_fields=True):
    uid: str
    ats: str
    applications: list[_Use]
    atqa: str = "0400"
    sak: str = "20"
    chain: int | None = None
    wtx_instructions: list[str] = []


class _Tables(msgspec.Struct, forbid_unknown_fields=True):
    applications: dict[str, _ApplicationTable]
    cards: dict[str, _CardTable]


def load(path: Path = PATH) -> dict[str, CardData]:
    """Return every card of the file by its name.

    Raises PersonalisationError for a file that does not parse: unknown keys, wrong types, tags without a value.
    """
    try:
        tables = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Tables)
        return {name: _card(name, table, tables.applications) for name, table in tables.cards.items()}
    except (OSError, ValueError) as error:
        # The standard library's parser, msgspec and bytes.fromhex all raise ValueErrors.
        raise PersonalisationError(f"{path}: {error}; correct the file") from error


def build(name: str, record: Record) -> Card:
    """Return a new card `name`; `record` hears the header and outcome of each APDU. Its transaction counter is at 0.

    Raises PersonalisationError when no card has this name.
    """
    cards = load()
    if name not in cards:
        raise PersonalisationError(f"no card is named {name!r}; choose one of {', '.join(sorted(cards))}")
    return make_card(cards[name], record)


def make_card(data: CardData, record: Record) -> Card:
    """Return a new card of `data`, as `build` does."""
    return Card(
        Applet(data.applications, record),
        uid=data.uid,
        atqa=data.atqa,
        sak=data.sak,
        ats=data.ats,
        chain=data.chain,
        wtx_instructions=data.wtx_instructions,
    )


def _card(name: str, table: _CardTable, applications: dict[str, _ApplicationTable]) -> CardData:
    for one in table.applications:
        if one.use not in applications:
            raise PersonalisationError(f"card {name!r} uses the application {one.use!r}, which is not there")
    return CardData(
        name=name,
        uid=bytes.fromhex(table.uid),
        atqa=bytes.fromhex(table.atqa),
        sak=int(table.sak, 16),
        ats=bytes.fromhex(table.ats),
        chain=table.chain,
        wtx_instructions=frozenset(int(one, 16) for one in table.wtx_instructions),
        applications=tuple(_application(one.use, applications[one.use], one.priority) for one in table.applications),
    )


def _application(name: str, table: _ApplicationTable, priority: int) -> Application:
    data = _data_objects(table)
    records = {(one.sfi, one.number): tuple(one.tags) for one in table.records}
    named = {tag for tags in (*records.values(), table.gpo_tags) for tag in tags}
    unknown = sorted(named - data.keys() - DYNAMIC_TAGS)
    if unknown:
        raise PersonalisationError(f"application {name!r} names tags without a value: {', '.join(unknown)}")
    return Application(
        aid=bytes.fromhex(table.aid),
        label=table.label,
        priority=priority,
        pdol=bytes.fromhex(table.pdol),
        aip=bytes.fromhex(table.aip),
        iad=bytes.fromhex(table.iad),
        gpo_format=table.gpo_format,
        gpo_tags=tuple(table.gpo_tags),
        cdol1=bytes.fromhex(table.cdol1),
        key=bytes.fromhex(table.key),
        data=data,
        records=records,
    )


def _data_objects(table: _ApplicationTable) -> dict[str, bytes]:
    year, month = int(table.expiry[:2]), int(table.expiry[2:])
    _, last_day = calendar.monthrange(2000 + year, month)
    return {
        "50": table.label.encode(),
        "57": _compressed(f"{table.pan}D{table.expiry}{table.service_code}{table.discretionary}"),
        "5A": _compressed(table.pan),
        "5F20": table.holder.encode(),
        "5F24": bytes.fromhex(f"{table.expiry}{last_day:02}"),
        "5F34": bytes.fromhex(table.psn),
        "8C": bytes.fromhex(table.cdol1),
        **{tag: bytes.fromhex(value) for tag, value in table.data.items()},
    }


def _compressed(digits: str) -> bytes:
    """Return compressed numeric data: two digits a byte, filled up with F on the right (EMV Book 3, 4.3)."""
    return bytes.fromhex(digits + "F" * (len(digits) % 2))
