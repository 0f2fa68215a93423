"""An alert of the broker hides those that follow from it: a thousand terminals that are lost are one trouble."""

from datetime import timedelta

from sqlalchemy import Connection, select, update

from agent.report.alarms import OUTBOX_OLD
from tools.fleet.alerts import queue
from tools.fleet.alerts.absence import TERMINAL_LOST, TERMINAL_SILENT
from tools.fleet.alerts.alert import MOST, OPEN
from tools.fleet.alerts.outage import BROKER_DOWN
from tools.fleet.alerts.rules import Rules
from tools.fleet.alerts.tables import alerts
from tools.fleet.times import moved

FOLLOWING = (TERMINAL_LOST, TERMINAL_SILENT, OUTBOX_OLD)


def hider(connection: Connection) -> int | None:
    """The number of the open alert that hides what follows from it; None without one."""
    return connection.execute(select(alerts.c.id).where((alerts.c.kind == BROKER_DOWN) & OPEN)).scalar()


def look(connection: Connection, rules: Rules, now: str) -> None:
    """Hide what follows from a broker that is down, and show again what outlived it; the caller commits."""
    down = connection.execute(select(alerts).where((alerts.c.kind == BROKER_DOWN) & OPEN)).first()
    if down is not None:
        begun = moved(down.raised_at, timedelta(seconds=-rules.lost_s))
        follows = alerts.c.kind.in_(FOLLOWING) & OPEN & (alerts.c.last_at >= begun) & alerts.c.hidden_by.is_(None)
        numbers = connection.execute(select(alerts.c.id).where(follows).limit(MOST)).scalars().all()
        if numbers:
            connection.execute(update(alerts).where(alerts.c.id.in_(numbers)).values(hidden_by=down.id))
            queue.forget(connection, numbers, "hidden", now)
        return
    # Terminals come back one after the other: they have as long for it as to be lost.
    ended = select(alerts.c.id).where((alerts.c.kind == BROKER_DOWN) & (alerts.c.cleared_at <= rules.lost_ago(now)))
    outlived = OPEN & alerts.c.hidden_by.in_(ended)
    shown = connection.execute(
        select(alerts.c.id, alerts.c.severity).where(outlived).order_by(alerts.c.id).limit(MOST)
    ).all()
    if shown:
        numbers = [number for number, _ in shown]
        connection.execute(update(alerts).where(alerts.c.id.in_(numbers)).values(hidden_by=None))
        queue.raised(connection, [(number, severity) for number, severity in shown], now)
