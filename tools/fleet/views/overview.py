"""What is wrong in the fleet now, at a glance."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, func, select

from tools.fleet.alerts.outage import BROKER_DOWN
from tools.fleet.jumps.tables import jumps
from tools.fleet.orders import ENDS
from tools.fleet.tables import commands, refusals, terminals
from tools.fleet.views import alerts as alerts_view
from tools.fleet.views import jumps as jumps_view
from tools.fleet.views import terminals as terminals_view
from tools.fleet.views.found import Page

MOST_ALERTS = 12
MOST_JUMPS = 6


@dataclass(frozen=True, slots=True)
class Overview:
    """The fleet now: `worst` are open alerts, `heard_at` is when anything was heard last."""

    terminals: terminals_view.Counts
    alerts: alerts_view.Counts
    worst: list[alerts_view.Line]
    jumps_today: int
    latest_jumps: list[jumps_view.Line]
    commands_open: int
    is_broker_down: bool
    heard_at: str
    refused_topics: int


def overview(connection: Connection, day_began: str, hour_ago: str) -> Overview:
    """The fleet now; the day began, and an hour ago was, at these times (UTC)."""

    def number(table: Table, which: ColumnElement[bool]) -> int:
        return connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()

    down = alerts_view.Filters(kind=BROKER_DOWN)
    return Overview(
        terminals=terminals_view.counts(connection),
        alerts=alerts_view.counts(connection),
        worst=alerts_view.listed(connection, alerts_view.Filters(), Page(MOST_ALERTS)).items,
        jumps_today=number(jumps, jumps.c.placed_at >= day_began),
        latest_jumps=jumps_view.listed(connection, jumps_view.Filters(), Page(MOST_JUMPS)).items,
        commands_open=number(commands, commands.c.state.not_in(ENDS)),
        is_broker_down=bool(alerts_view.listed(connection, down, Page(1)).items),
        heard_at=connection.execute(select(func.max(terminals.c.seen_at))).scalar() or "",
        refused_topics=number(refusals, refusals.c.last_at >= hour_ago),
    )
