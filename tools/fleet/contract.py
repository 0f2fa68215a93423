"""The fleet contract as its receiver sees it: which message is one, and what it says. Pure functions.

Everything that comes in may be hostile. A refusal is a ContractError whose text is from a fixed set, so that refusals
can be counted by it and no payload gets into a table or a log. Unknown attributes of an envelope (CloudEvents 1.0,
1.4) and unknown fields of a report are let through; an entry's own fields are fixed by the topic's version.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NoReturn, TypeVar

import msgspec

from agent.canonical import sha256_hex
from agent.errors import CanonicalError
from agent.report.events import padded
from agent.report.topics import EVENT, INFO, PREFIX, STATE, VITALS
from tools.fleet.canonical import Float, canonical, quick, sorted_json
from tools.fleet.errors import ContractError
from tools.fleet.forms import CommandStatus, Entry, Envelope, Info, Name, Reported, State, Vitals

ANY_VERSION = "jumpguard/+"
LARGEST_PAYLOAD = 64 * 1024
CONFIG_REPORTED = "config/reported"
# Type and id of the command stand where the wildcards do.
COMMAND_STATUS = "cmd/+/+/status"

_Form = TypeVar("_Form", bound=msgspec.Struct)
_COMPARED = ("id", "source", "type", "time", "journalid", "sequence", "bootid", "clock")
_COMPARED_OF = attrgetter(*_COMPARED)
# The escape of half a pair; two of them may be a whole one.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_OTHER_VERSION = re.compile(r"jumpguard/(?!1/)[^/]+/")
_STATUS_TOPIC = re.compile(r"cmd/[^/]+/[^/]+/status\Z")
_MISSING = re.compile(r"^Object missing required field (`[a-z0-9_]+`(?: - at `\$[a-z0-9_.]*`)?)$")
# Without the place in an array: reasons are counted, and a list is as long as its sender likes.
_PLACE = re.compile(r"(`\$[a-z0-9_.]+)(?:\[\d+\])?`$")


Said = State | Info | Vitals | Reported | CommandStatus
_FORMS: dict[str, type[Said]] = {
    STATE: State,
    INFO: Info,
    VITALS: Vitals,
    CONFIG_REPORTED: Reported,
    COMMAND_STATUS: CommandStatus,
}
_CHANNELS = {EVENT, *_FORMS} - {COMMAND_STATUS}
_CALLED = {COMMAND_STATUS: "status"}


@dataclass(frozen=True, slots=True)
class Event:
    """An event that keeps the contract: where it came from, its entry, the entry's canonical text and its hash."""

    terminal: str
    entry: Entry
    text: str
    hash: str

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is stored under: terminal, journal and sequence."""
        return self.terminal, self.entry.journal_id, self.entry.sequence


@dataclass(frozen=True, slots=True)
class Report:
    """A JSON object that a terminal tells of itself; `said` is what the backend relies on in it.

    `retained` says that the broker kept it for a new subscriber: it is of some time before.
    """

    terminal: str
    channel: str
    text: str
    retained: bool
    said: Said

    @property
    def greeting(self) -> State | None:
        """The state of a terminal that is online and may have begun a new session; None when it says something else."""
        return self.said if isinstance(self.said, State) and self.said.state == "online" else None


def check_name(name: str) -> str:
    """`name` when it can be a fleet or a terminal in a topic. Raises ContractError."""
    try:
        return msgspec.convert(name, Name)
    except msgspec.ValidationError:
        raise ContractError("topic: a name is not 1 to 64 letters, digits and dashes") from None


def parse_topic(topic: str, fleet: str) -> tuple[str, str]:
    """The terminal and the channel that `topic` names in `fleet`. Raises ContractError."""
    start = f"{PREFIX}/{fleet}/"
    head, slash, rest = topic.removeprefix(start).partition("/")
    channel = rest if rest in _CHANNELS else COMMAND_STATUS if _STATUS_TOPIC.match(rest) else ""
    if not topic.startswith(start) or not slash or not channel:
        if _OTHER_VERSION.match(topic):
            raise ContractError("topic: of another version of the contract; this backend speaks version 1")
        raise ContractError("topic: not one that terminals of this fleet publish on")
    return check_name(head), channel


def parse(topic: str, payload: bytes, fleet: str, retained: bool = False) -> Event | Report:
    """What a message on a terminal's topic says. Raises ContractError naming what breaks the contract."""
    terminal, channel = parse_topic(topic, fleet)
    if channel != EVENT:
        return _report(topic, terminal, channel, json_object(payload), retained)
    source = f"{PREFIX}/{fleet}/{terminal}"
    return _event_as_sent(terminal, source, payload) or _event(terminal, source, json_object(payload))


def event_of(terminal: str, text: str, digest: str) -> Event:
    """The event that was taken from `terminal`, from what is stored of it."""
    return Event(terminal, msgspec.json.decode(text, type=Entry), text, digest)


def json_object(payload: bytes) -> dict[str, Any]:
    """The JSON object (RFC 7493) that `payload` is. Raises ContractError."""
    if len(payload) > LARGEST_PAYLOAD:
        raise ContractError(f"payload: larger than {LARGEST_PAYLOAD} bytes")
    try:
        document = _read(payload.decode())
    except ContractError:
        raise
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a number of thousands of digits, nested too deeply
        raise ContractError("payload: not JSON") from None
    if not isinstance(document, dict):
        raise ContractError("payload: not a JSON object")
    _check_texts(payload, document)
    return document


def _check_texts(payload: bytes, document: dict[str, Any]) -> None:
    """No text is half a surrogate pair, which has no UTF-8: neither msgspec nor a database takes it (RFC 7493, 2.1)."""
    if _SURROGATE.search(payload):  # as nearly never: else it is all written once more
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ContractError("payload: a text holds half of a surrogate pair") from None
        except RecursionError:
            raise ContractError("payload: not JSON") from None


def _event_as_sent(terminal: str, source: str, payload: bytes) -> Event | None:
    """The event, where `payload` is its envelope's canonical bytes, as an agent sends it; None for anything else.

    Then it holds nothing that the envelope's form does not know, and nothing twice, and need not be looked through.
    """
    if len(payload) > LARGEST_PAYLOAD:
        return None
    try:
        envelope = _read_envelope(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    # The body alone may be anything; of all else the form says how it is written, or what it is compared with does.
    if quick(envelope.data.body) is None or sorted_json(envelope) != payload:
        return None
    _check_time("event: time", envelope.data.time)
    _compare(envelope, source)
    text = sorted_json(envelope.data)
    return Event(terminal, envelope.data, text.decode(), sha256_hex(text))


def _event(terminal: str, source: str, document: dict[str, object]) -> Event:
    if document.get("specversion") != "1.0":
        raise ContractError("event: specversion is not 1.0")
    envelope = _converted("event", document, Envelope)
    data = document["data"]
    assert isinstance(data, dict)
    if len(data) != len(Entry.__struct_fields__):
        raise ContractError("event: data has a field that no entry has")
    _check_time("event: time", envelope.data.time)
    _compare(envelope, source)
    try:
        text = canonical(data)
    except CanonicalError:
        raise ContractError("event: data has no canonical form") from None
    return Event(terminal, envelope.data, text.decode(), sha256_hex(text))


def _report(topic: str, terminal: str, channel: str, document: dict[str, object], retained: bool) -> Report:
    said = _converted(_CALLED.get(channel, channel), document, _FORMS[channel])
    _check(said, topic)
    try:
        text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        raise ContractError(f"{channel}: a number is out of range, or it is nested too deeply") from None
    return Report(terminal, channel, text, retained, said)


def _check(said: Said, topic: str) -> None:
    """What is beyond the form of single fields."""
    if isinstance(said, Info | Vitals) and said.certificate_expiry:
        _check_time(f"{topic.rpartition('/')[2]}: certificate_expiry", said.certificate_expiry)
    elif isinstance(said, Reported) and bool(said.reason) != (said.state == "rejected"):
        raise ContractError("config/reported: reason is there and it is not rejected, or the other way round")
    elif isinstance(said, CommandStatus):
        if not topic.endswith(f"/cmd/{said.type}/{said.id}/status"):
            raise ContractError("status: not of the command that its topic names")
        if bool(said.code) != (said.state == "failed"):
            raise ContractError("status: code is there and it has not failed, or the other way round")
        if said.result if said.state != "succeeded" else said.progress != 100:
            raise ContractError("status: result or progress is not that of its state")


def _compare(envelope: Envelope, source: str) -> None:
    """The envelope may say nothing but what its entry and its topic say."""
    entry = envelope.data
    number = padded(entry.sequence)
    expected = (
        f"{entry.journal_id}/{number}",
        source,
        f"jumpguard.{entry.kind}",
        entry.time,
        entry.journal_id,
        number,
        entry.boot_id,
        entry.clock,
    )
    said = _COMPARED_OF(envelope)
    if said != expected:
        name = next(name for name, one, other in zip(_COMPARED, said, expected, strict=True) if one != other)
        raise ContractError(f"event: {name} is not that of {'the topic' if name == 'source' else 'its data'}")


def _check_time(what: str, time: str) -> None:
    try:
        datetime.fromisoformat(time)
    except ValueError:
        raise ContractError(f"{what} is not a date and time that exists") from None


def _converted(what: str, document: dict[str, object], form: type[_Form]) -> _Form:
    try:
        return msgspec.convert(document, form)
    except msgspec.ValidationError as error:
        # msgspec may quote a value: keep the name of the field that is missing, or the place, both of them ours.
        missing, place = _MISSING.search(str(error)), _PLACE.search(str(error))
        where = missing[1] if missing else f"{place[1]}`" if place else "a field"
        raise ContractError(f"{what}: {where} is missing or malformed") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ContractError("payload: an object has the same name twice")  # RFC 7493 (I-JSON), 2.3
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ContractError("payload: not JSON")  # NaN and Infinity, which Python's parser would take


_read = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=Float).decode
_read_envelope = msgspec.json.Decoder(Envelope, float_hook=Float).decode
