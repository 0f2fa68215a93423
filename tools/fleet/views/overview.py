"""What is wrong in the fleet now, at a glance."""

import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, case, func, select

from tools.fleet.alerts.outage import BROKER_DOWN
from tools.fleet.alerts.tables import alerts
from tools.fleet.alerts.words import SEVERITIES
from tools.fleet.history.tables import facts
from tools.fleet.jumps.tables import jumps
from tools.fleet.orders import ENDS
from tools.fleet.tables import commands, refusals, terminals
from tools.fleet.views.terminals import Counts, counts

MOST = 12

_open = alerts.c.cleared_at.is_(None) & alerts.c.hidden_by.is_(None)
_rank = case({severity: rank for rank, severity in enumerate(SEVERITIES)}, value=alerts.c.severity, else_=1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """An open alert, and whose it is; `terminal` is "" for the backend's own."""

    id: int
    terminal: str
    merchant: str
    timezone: str
    kind: str
    severity: str
    detail: str
    raised_at: str
    times: int
    acknowledged_by: str
    assignee: str


@dataclass(frozen=True, slots=True)
class Jump:
    """A jump as a list shows it; `fields` are those that are different."""

    id: int
    terminal: str
    merchant: str
    timezone: str
    at: str
    fields: str
    workflow: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The fleet now; `heard_at` is when anything was heard last, `hidden` how many alerts follow from another."""

    terminals: Counts
    severities: dict[str, int]
    hidden: int
    worst: list[Trouble]
    jumps_today: int
    jumps_new: int
    latest_jumps: list[Jump]
    commands_open: int
    is_broker_down: bool
    heard_at: str
    refused_topics: int


def overview(connection: Connection, day_began: str, hour_ago: str) -> Overview:
    """The fleet now; the day began, and an hour ago was, at these times (UTC)."""
    by_severity = select(alerts.c.severity, func.count().label("count_")).where(_open).group_by(alerts.c.severity)
    found = {row.severity: row.count_ for row in connection.execute(by_severity)}
    hidden = alerts.c.cleared_at.is_(None) & alerts.c.hidden_by.is_not(None)
    down = _open & (alerts.c.kind == BROKER_DOWN)

    def number(table: Table, which: ColumnElement[bool]) -> int:
        return connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()

    return Overview(
        terminals=counts(connection),
        severities={severity: found.get(severity, 0) for severity in SEVERITIES},
        hidden=number(alerts, hidden),
        worst=_worst(connection),
        jumps_today=number(jumps, jumps.c.at >= day_began),
        jumps_new=number(jumps, jumps.c.workflow == "new"),
        latest_jumps=_latest_jumps(connection),
        commands_open=number(commands, commands.c.state.not_in(ENDS)),
        is_broker_down=number(alerts, down) > 0,
        heard_at=connection.execute(select(func.max(terminals.c.seen_at))).scalar() or "",
        refused_topics=number(refusals, refusals.c.last_at >= hour_ago),
    )


def _worst(connection: Connection) -> list[Trouble]:
    query = (
        select(
            *(alerts.c[name] for name in ("id", "terminal", "kind", "severity", "detail", "raised_at", "times")),
            *(func.coalesce(alerts.c[name], "").label(name) for name in ("acknowledged_by", "assignee")),
            *(func.coalesce(facts.c[name], "").label(name) for name in ("merchant", "timezone")),
        )
        .select_from(alerts.outerjoin(facts, facts.c.terminal == alerts.c.terminal))
        .where(_open)
        # What nobody has taken on comes first.
        .order_by(_rank, alerts.c.acknowledged_at.is_not(None), alerts.c.raised_at.desc(), alerts.c.id.desc())
        .limit(MOST)
    )
    return [Trouble(**row._mapping) for row in connection.execute(query)]


def _latest_jumps(connection: Connection) -> list[Jump]:
    names = ("id", "terminal", "merchant", "at", "fields", "workflow")
    query = (
        select(*(jumps.c[name] for name in names), func.coalesce(facts.c.timezone, "").label("timezone"))
        .select_from(jumps.outerjoin(facts, facts.c.terminal == jumps.c.terminal))
        .order_by(jumps.c.at.desc(), jumps.c.id.desc())
        .limit(6)
    )
    return [
        Jump(**row._asdict() | {"fields": ", ".join(map(str, json.loads(row.fields)))})
        for row in connection.execute(query)
    ]
