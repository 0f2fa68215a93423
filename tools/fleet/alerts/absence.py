"""Terminals that are not heard: lost for longer than they take to come back, or online and silent.

Only while the backend itself hears: what happened before it had its connection is known once everybody had the time
to say so.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select

from agent.lifecycle import RETIRED
from agent.report.vitals_period import NAME as PERIOD
from tools.fleet.alerts.alert import MOST, OPEN, Alert, Cause
from tools.fleet.alerts.rules import Rules
from tools.fleet.alerts.tables import alerts
from tools.fleet.presence import ONLINE
from tools.fleet.tables import configurations, terminals
from tools.fleet.times import moved

TERMINAL_LOST = "terminal_lost"
TERMINAL_SILENT = "terminal_silent"

LOST = "lost"
# As long as nothing else was ordered (`[link] vitals_period_s`).
_PERIOD_S = 60
_SERVES = or_(terminals.c.lifecycle.is_(None), terminals.c.lifecycle != RETIRED)
_SEEN = func.coalesce(terminals.c.seen_at, terminals.c.told_at)


def lost(connection: Connection, rules: Rules, now: str) -> list[Cause]:
    """Terminals that are lost for too long at `now` (UTC) and are no alert yet."""
    long_ago = and_(terminals.c.presence == LOST, terminals.c.told_at <= rules.lost_ago(now), _SERVES)
    query = select(terminals.c.terminal, terminals.c.told_at).where(long_ago & ~_noted(TERMINAL_LOST))
    query = query.order_by(terminals.c.terminal).limit(MOST)
    return [
        Cause(row.terminal, TERMINAL_LOST, f"lost since {row.told_at}", now, now) for row in connection.execute(query)
    ]


def silent(connection: Connection, rules: Rules, heard_s: float, now: str) -> list[Cause]:
    """Terminals that say that they are online, say nothing else for too long at `now` (UTC), and are no alert yet.

    The backend hears what they say for `heard_s`.
    """
    if heard_s < rules.silent_periods * _PERIOD_S:
        return []
    cut = moved(now, timedelta(seconds=-rules.silent_periods * _PERIOD_S))
    quiet = and_(terminals.c.presence == ONLINE, cut >= _SEEN, _SERVES)
    query = (
        select(terminals.c.terminal, _SEEN.label("seen"), configurations.c.document)
        .outerjoin(configurations, configurations.c.terminal == terminals.c.terminal)
        .where(quiet & ~_noted(TERMINAL_SILENT))
        .order_by(terminals.c.terminal)
        .limit(MOST)
    )
    found = []
    for row in connection.execute(query):
        allowed_s = rules.silent_periods * _period_s(row)
        if heard_s >= allowed_s and row.seen <= moved(now, timedelta(seconds=-allowed_s)):
            found.append(Cause(row.terminal, TERMINAL_SILENT, f"nothing heard since {row.seen}", now, now))
    return found


def back(connection: Connection) -> Sequence[Alert]:
    """The open alerts of terminals that are not lost, or not silent, any more."""
    is_back = or_(
        and_(alerts.c.kind == TERMINAL_LOST, or_(terminals.c.presence != LOST, ~_SERVES)),
        and_(alerts.c.kind == TERMINAL_SILENT, or_(terminals.c.presence != ONLINE, alerts.c.last_at < _SEEN, ~_SERVES)),
    )
    query = select(alerts).join(terminals, terminals.c.terminal == alerts.c.terminal)
    rows = connection.execute(query.where(OPEN & is_back).order_by(alerts.c.id).limit(MOST))
    return [Alert(**row._mapping) for row in rows]


def kinds_of(causes: Iterable[Cause]) -> ColumnElement[bool]:
    """The kinds that `causes` are of."""
    return alerts.c.kind.in_({cause.kind for cause in causes})


def _noted(kind: str) -> ColumnElement[bool]:
    """Whether a terminal has an alert of `kind` that is neither over nor about to be."""
    same = (alerts.c.terminal == terminals.c.terminal) & (alerts.c.kind == kind)
    return exists().where(same & OPEN & alerts.c.quiet_since.is_(None))


def _period_s(row: Row[Any, Any, Any]) -> int:
    """How often the terminal shall send vitals, as far as that was ordered from here."""
    section, key = PERIOD.split(".")
    settings = json.loads(row.document or "{}").get("settings") or {}
    period = settings.get(section, {}).get(key, _PERIOD_S)
    return max(period, _PERIOD_S) if isinstance(period, int) else _PERIOD_S
