"""What is up at terminals: the alarms that are open, and what each terminal says of itself."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from agent.binding.reasons import LIFECYCLE_TAMPERED, TAMPER_OPEN
from agent.report.alarms import KINDS as OF_VITALS
from tools.fleet.alerts.absence import TERMINAL_LOST, TERMINAL_SILENT
from tools.fleet.alerts.alert import Alert, Cause
from tools.fleet.alerts.outage import BROKER_DOWN
from tools.fleet.alerts.tables import alerts
from tools.fleet.rows import Terminal
from tools.fleet.standing import standing
from tools.fleet.tables import alarms

# What a terminal says of itself. Every other kind is of the backend's alarms, or found by looking.
_STANDING = (LIFECYCLE_TAMPERED, TAMPER_OPEN, *OF_VITALS)
OF_STANDING = alerts.c.kind.in_(_STANDING)
_LOOKED_FOR = (TERMINAL_LOST, TERMINAL_SILENT, BROKER_DOWN)
OF_ALARMS = alerts.c.kind.not_in((*_STANDING, *_LOOKED_FOR))


def is_of_alarms(alert: Alert) -> bool:
    """Whether alarms stand behind `alert`, which a person can close."""
    return alert.kind not in (*_STANDING, *_LOOKED_FOR)


def of_alarms(connection: Connection, terminals: Collection[str]) -> list[Cause]:
    """What the open alarms of `terminals` are about."""
    wanted = alarms.c.terminal.in_(terminals) & alarms.c.cleared_at.is_(None)
    found: dict[tuple[str, str], Cause] = {}
    for row in connection.execute(select(alarms).where(wanted).order_by(alarms.c.id)):
        before = found.get((row.terminal, row.kind))
        since, numbers = (before.since, before.numbers) if before else (row.at, ())
        found[row.terminal, row.kind] = Cause(row.terminal, row.kind, row.detail, since, row.at, (*numbers, row.id))
    return list(found.values())


def of_standing(terminals: Iterable[Terminal], now: str) -> list[Cause]:
    """What `terminals` say of themselves, heard of at `now` (UTC)."""
    return [
        Cause(alarm.terminal, alarm.kind, alarm.detail, now, alarm.at or now)
        for terminal in terminals
        for alarm in standing(terminal)
    ]
