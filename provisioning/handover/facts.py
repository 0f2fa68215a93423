"""What a hand-over sheet says, as facts: the installer saves them, and the same facts make the same sheet again."""

import re
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from agent.binding.identifiers import is_digits
from agent.binding.record import Binding, parse
from agent.clock import is_utc_second
from agent.errors import BindingError
from agent.redact import leak_in
from board import private_file
from provisioning.errors import HandoverError

SUFFIX = ".handover.json"

_LONGEST_TEXT = 500
# What fits on one page in a size that can be read.
MOST_CHECKS = 32
_MASKED_CARD = re.compile(r"\d{6}\*{2,9}\d{4}")
_HASH = re.compile(r"[0-9a-f]{64}")


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was looked at, said in both languages, and with what result; `detail` is what was found."""

    english: str
    chinese: str
    level: Literal["ok", "warning", "problem", "unknown"]
    detail: str = ""


class TestSale(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The test sale as its receipt has it: minor units, first 6 and last 4 of the card, DE 37, DE 11 and DE 39.

    `reversed` when the charge was taken back afterwards.
    """

    amount: int
    card: str
    reference: str
    trace: str
    approved: bool
    code: str
    reversed: bool = False


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An installation. `binding` is the document that the terminal took; times are UTC, as 2026-01-31T00:00:00Z.

    `category` and `place` are the names of MCC and region where a desk knows them; `certificate` is the SHA-256 of the
    device certificate (DER), `till` where tills reach the terminal; `head` the journal's hash when it was handed over,
    and `acknowledged` whether the backend has countersigned it. Making one raises HandoverError.
    """

    format: Literal["jumpguard.handover/1"] = "jumpguard.handover/1"
    binding: dict[str, object]
    legal_name: str = ""
    category: str = ""
    place: str = ""
    hardware: str
    software: str
    certificate: str
    certificate_end: str
    till: str
    sale: TestSale | None
    journal_id: str
    head: str
    acknowledged: bool
    checks: tuple[Check, ...]
    technician: str
    time: str

    def __post_init__(self) -> None:
        """Raises HandoverError."""
        _expect(len(self.checks) <= MOST_CHECKS, f"checks: {len(self.checks)}, at most {MOST_CHECKS} fit on a page")
        _expect(_HASH.fullmatch(self.head), "head: not 64 hexadecimal digits")
        _expect(_HASH.fullmatch(self.certificate), "certificate: not the 64 hexadecimal digits of a SHA-256")
        for name, time in (("time", self.time), ("certificate_end", self.certificate_end)):
            _expect(is_utc_second(time), f"{name}: {time!r} is not a UTC time as 2026-01-31T00:00:00Z")
        if self.sale is not None:
            _expect(
                _MASKED_CARD.fullmatch(self.sale.card),
                "sale.card: not the first 6 and last 4 digits, such as 622202******0018",
            )
            _expect(self.sale.amount > 0, f"sale.amount: {self.sale.amount} is not more than 0 minor units")
            _expect(is_digits(self.sale.trace, 1, 6), f"sale.trace: {self.sale.trace!r} is not 1 to 6 digits (DE 11)")
        for name, text in _texts(msgspec.to_builtins(self)):
            _expect(not any("\ud800" <= sign <= "\udfff" for sign in text), f"{name}: half of a surrogate pair")
            _expect(leak_in(text.encode()) is None, f"{name}: a card number stands in it")
            _expect(len(text) <= _LONGEST_TEXT, f"{name}: {len(text)} characters, at most {_LONGEST_TEXT}")
        self.bound  # noqa: B018 (proves it)

    @property
    def bound(self) -> Binding:
        """The binding. Raises HandoverError when it is none, or its time zone is not known here."""
        try:
            binding = parse(self.binding)
            ZoneInfo(binding.timezone)
        except BindingError as error:
            raise HandoverError(f"facts: {error}") from error
        except (LookupError, ValueError, OSError) as error:
            raise HandoverError("facts: binding.timezone: no zone of that name here; install tzdata") from error
        return binding


def load(path: Path) -> Facts:
    """The facts in `path`, as `save` wrote them. Raises HandoverError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Facts)
    except OSError as error:
        raise HandoverError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise HandoverError(f"{path}: no facts of an installation: {error}") from error


def save(facts: Facts, folder: Path) -> Path:
    """Write `facts` into `folder` under serial and version, for their owner alone; returns the file.

    Raises HandoverError when it cannot be written.
    """
    path = folder / f"{name_of(facts)}{SUFFIX}"
    try:
        private_file.replace(path, msgspec.json.format(msgspec.json.encode(facts)) + b"\n")
    except OSError as error:
        raise HandoverError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def name_of(facts: Facts) -> str:
    """What the files of this hand-over begin with."""
    return f"{facts.bound.serial}-v{facts.bound.version}"


def _expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise HandoverError(f"facts: {otherwise}")


def _texts(value: object, name: str = "") -> list[tuple[str, str]]:
    """Every text in `value` with where it stands."""
    if isinstance(value, str):
        return [(name, value)]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return [found for key, each in items for found in _texts(each, f"{name}.{key}".lstrip("."))]
