"""What terminals tell in events that a person must look at: each becomes an alarm, closed by whoever has done so."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from agent.report.delivery import PUT_BACK
from agent.report.guarded_link import KEPT_BACK
from agent.report.reporter import REFUSED
from agent.sale.kinds import JUMP_DETECTED
from agent.update.updates import FAILED as UPDATE_FAILED
from tools.fleet.alarms import open_alarms, raise_alarm
from tools.fleet.contract import Event, Report
from tools.fleet.plain import plain
from tools.fleet.rows import Alarm


def _text(body: dict[str, object], name: str) -> str:
    """A field of an entry's body, which may be anything: the terminal may be one that is forged."""
    value = body.get(name, "?")
    return plain(", ".join(map(str, value)) if isinstance(value, list) else value)


_DETAILS: dict[str, Callable[[dict[str, object]], str]] = {
    REFUSED: lambda body: _text(body, "why"),
    KEPT_BACK: lambda body: f"{_text(body, 'what')}, to be sent on {_text(body, 'topic')}",
    PUT_BACK: lambda body: f"acknowledged up to {_text(body, 'acknowledged')} before, {_text(body, 'held')} now",
    UPDATE_FAILED: lambda body: f"release {_text(body, 'version')}: {_text(body, 'code')} {_text(body, 'detail')}",
    JUMP_DETECTED: lambda body: f"sale {_text(body, 'sale')}: {_text(body, 'fields')}",
}
KINDS = tuple(_DETAILS)


def take(connection: Connection, batch: Sequence[Event | Report], now: str) -> None:
    """Raise an alarm for what `batch` tells of; the same once more says nothing new. The caller commits."""
    for event in batch:
        if not isinstance(event, Event) or event.entry.kind not in KINDS:
            continue
        kind, (terminal, journal_id, sequence) = event.entry.kind, event.key
        detail = _DETAILS[kind](event.entry.body)
        if all(alarm.detail != detail for alarm in open_alarms(connection, [kind], terminal)):
            raise_alarm(connection, Alarm(terminal, journal_id, kind, sequence, detail, now))
