"""How long history is kept. What is older goes, a little at a time; events are evidence and stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, Table, delete, select, true, tuple_

from tools.fleet.alerts.tables import alerts, notifications
from tools.fleet.errors import OrderError
from tools.fleet.history.tables import connections, rolled, rollups, sales, samples
from tools.fleet.orders import ENDS
from tools.fleet.tables import alarms, commands, refusals
from tools.fleet.times import moved

# Rows of one transaction.
STEP = 500
FOR_EVER = 0
MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows of `table`, as old as `column` says; only those that `which` allows."""

    table: Table
    column: str
    which: ColumnElement[bool]


_KINDS = {
    "samples": _Kind(samples, "at", true()),
    "rollups": _Kind(rollups, "start", true()),
    "connections": _Kind(connections, "at", true()),
    "sales": _Kind(sales, "heard_at", true()),
    "refusals": _Kind(refusals, "last_at", true()),
    "alarms": _Kind(alarms, "cleared_at", alarms.c.cleared_at.is_not(None)),
    "alerts": _Kind(alerts, "cleared_at", alerts.c.cleared_at.is_not(None)),
    "notifications": _Kind(notifications, "done_at", notifications.c.done_at.is_not(None)),
    "commands": _Kind(commands, "changed_at", commands.c.state.in_(ENDS)),
}
# In days. What raised an alarm once, and what was ordered, tells why something is as it is: for more than a year.
DAYS: Mapping[str, int] = MappingProxyType(
    {
        "samples": 2,
        "rollups": 400,
        "connections": 400,
        "sales": 400,
        "refusals": 90,
        "alarms": 400,
        "alerts": 400,
        "notifications": 90,
        "commands": 400,
    }
)


def days(text: str) -> tuple[str, int]:
    """What `text`, as `sales=400`, says; 0 keeps for ever. Raises OrderError."""
    name, _, number = text.partition("=")
    if name not in DAYS or not number.isascii() or not number.isdigit() or int(number[:9]) > MOST_DAYS:
        raise OrderError(f"keep: {text!r} is not NAME=DAYS, 0 for ever; NAME is one of {', '.join(DAYS)}")
    return name, int(number)


def step(connection: Connection, keep: Mapping[str, int], now: str) -> bool:
    """Delete some of what is older than `keep` days `now` (UTC); False when there is no more. The caller commits."""
    return any(_delete(connection, name, keep[name], now) for name in _KINDS if keep[name] != FOR_EVER)


def _delete(connection: Connection, name: str, kept: int, now: str) -> bool:
    kind, before = _KINDS[name], moved(now, -timedelta(days=kept))
    if name == "samples":
        # Never one that is not rolled up yet.
        before = min(before, connection.execute(select(rolled.c.start)).scalar() or "")
    key = list(kind.table.primary_key.columns)
    old = select(*key).where(kind.which, kind.table.c[kind.column] < before).limit(STEP)
    gone = connection.execute(delete(kind.table).where(tuple_(*key).in_(old)))
    return gone.rowcount == STEP
