"""The terminals of a fleet: found, counted, sorted, a page at a time."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, Table, and_, case, func, or_, select

from provisioning.application import regions
from tools.fleet.alerts.tables import alerts
from tools.fleet.history.tables import facts
from tools.fleet.tables import configurations, terminals

# Of a presence that nobody told yet.
UNKNOWN = "unknown"
LONGEST_SEARCH = 100
MOST_WORDS = 5
_MOST_REGIONS = 20


@dataclass(frozen=True, slots=True)
class Filters:
    """Which terminals are meant; "" is all. `search` is words, each of which has to be in what a terminal is known by.

    `alerting` has an open alert, `binding` is BEHIND where what is desired is not what is reported.
    """

    search: str = ""
    presence: str = ""
    lifecycle: str = ""
    software: str = ""
    alerting: str = ""
    binding: str = ""


BEHIND = "behind"
YES = "yes"


@dataclass(frozen=True, slots=True)
class Line:
    """A terminal as a list shows it; "" is unknown, versions are 0 where there is none."""

    terminal: str
    presence: str
    lifecycle: str
    since: str
    reason: str
    seen_at: str
    merchant: str
    mid: str
    tid: str
    region: str
    timezone: str
    software: str
    last_sale_at: str
    last_sale_result: str
    binding_version: int
    desired_binding: int
    config_state: str
    alerts: int
    severity: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many terminals there are of each presence and lifecycle, with open alerts, and with a binding behind."""

    presence: dict[str, int]
    lifecycle: dict[str, int]
    alerting: int
    behind: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.presence.values())


_presence = func.coalesce(terminals.c.presence, UNKNOWN)
_lifecycle = func.coalesce(terminals.c.lifecycle, UNKNOWN)
_rank = case((alerts.c.severity == "critical", 3), (alerts.c.severity == "warning", 2), else_=1)
_is_open = alerts.c.cleared_at.is_(None) & alerts.c.hidden_by.is_(None)
_alerting = (
    select(alerts.c.terminal, func.count().label("count"), func.max(_rank).label("worst"))
    .where(_is_open)
    .group_by(alerts.c.terminal)
    .subquery()
)
_count = func.coalesce(_alerting.c.count, 0)
_is_behind = configurations.c.state != "committed"
_SEVERITIES = {0: "", 1: "info", 2: "warning", 3: "critical"}
_joined = (
    terminals.outerjoin(facts, facts.c.terminal == terminals.c.terminal)
    .outerjoin(configurations, configurations.c.terminal == terminals.c.terminal)
    .outerjoin(_alerting, _alerting.c.terminal == terminals.c.terminal)
)
_FACTS = (
    "since",
    "reason",
    "merchant",
    "mid",
    "tid",
    "region",
    "timezone",
    "software",
    "last_sale_at",
    "last_sale_result",
    "binding_version",
)
_SEARCHED = (terminals.c.terminal, facts.c.mid, facts.c.tid, facts.c.merchant, facts.c.region)

# What one may sort by, from where `_of` has it. Those of equal rank come by name.
SORTS: dict[str, ColumnElement[Any]] = {
    "terminal": terminals.c.terminal,
    "presence": _presence,
    "lifecycle": _lifecycle,
    "since": func.coalesce(facts.c.since, ""),
    "seen_at": func.coalesce(terminals.c.seen_at, ""),
    "last_sale_at": func.coalesce(facts.c.last_sale_at, ""),
    "merchant": func.coalesce(facts.c.merchant, ""),
    "mid": func.coalesce(facts.c.mid, ""),
    "tid": func.coalesce(facts.c.tid, ""),
    "region": func.coalesce(facts.c.region, ""),
    "software": func.coalesce(facts.c.software, ""),
    "binding_version": func.coalesce(facts.c.binding_version, 0),
    "alerts": func.coalesce(_alerting.c.worst, 0) * 1000 + _count,
}


def listed(
    connection: Connection,
    filters: Filters,
    sort: str = "terminal",
    falling: bool = False,
    most: int = 50,
    after: int = 0,
) -> list[Line]:
    """Up to `most` of the terminals that are meant, behind the first `after`, in the order of `sort`, one of SORTS."""
    order = SORTS[sort]
    ranked = (order.desc() if falling else order, terminals.c.terminal)
    # Which these are is told by few columns; all that is known of a terminal is much, and only read of those.
    chosen = _of(select(terminals.c.terminal), filters, sort).order_by(*ranked).limit(most).offset(after).subquery()
    query = (
        select(
            terminals.c.terminal,
            _presence.label("presence"),
            _lifecycle.label("lifecycle"),
            func.coalesce(terminals.c.seen_at, "").label("seen_at"),
            *(facts.c[name] for name in _FACTS),
            configurations.c.document,
            func.coalesce(configurations.c.state, "").label("config_state"),
            _count.label("alerts"),
            func.coalesce(_alerting.c.worst, 0).label("worst"),
        )
        .select_from(_joined)
        .where(terminals.c.terminal.in_(select(chosen.c.terminal)))
        .order_by(*ranked)
    )
    return [_line(row) for row in connection.execute(query).all()]


def page(
    connection: Connection, filters: Filters, sort: str, falling: bool, most: int, after: int
) -> tuple[list[Line], int, Counts]:
    """What is `listed`, and what is `counted`."""
    return listed(connection, filters, sort, falling, most, after), *counted(connection, filters)


def found(connection: Connection, filters: Filters) -> int:
    """How many terminals are meant."""
    count: int = connection.execute(_of(select(func.count()), filters)).scalar_one()
    return count


def counted(connection: Connection, filters: Filters) -> tuple[int, Counts]:
    """How many terminals are meant, and how the whole fleet stands."""
    whole = counts(connection)
    return whole.total if filters == Filters() else found(connection, filters), whole


def names(connection: Connection, filters: Filters, most: int) -> list[str]:
    """The names of the terminals that are meant, at most `most`."""
    query = _of(select(terminals.c.terminal), filters).order_by(terminals.c.terminal).limit(most)
    return list(connection.execute(query).scalars())


def counts(connection: Connection) -> Counts:
    """How the whole fleet stands."""
    standing = select(terminals.c.presence, terminals.c.lifecycle, func.count()).group_by(
        terminals.c.presence, terminals.c.lifecycle
    )
    whole = Counts({}, {}, _number(connection, alerts, _is_open), _number(connection, configurations, _is_behind))
    for presence, lifecycle, count in connection.execute(standing):
        for among, value in ((whole.presence, presence), (whole.lifecycle, lifecycle)):
            among[value or UNKNOWN] = among.get(value or UNKNOWN, 0) + count
    return whole


def _number(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    """How many terminals have a row of `table` as `which` says."""
    known = table.c.terminal == terminals.c.terminal
    query = select(func.count(table.c.terminal.distinct())).where(which & known)
    found: int = connection.execute(query).scalar_one()
    return found


def _of(query: Select[Any], filters: Filters, sort: str = "terminal") -> Select[Any]:
    """`query` of the terminals that are meant, joined with what `sort` and the filters are about, and no more."""
    source: FromClause = terminals
    if filters.search or filters.software or sort in _FACTS:
        source = source.outerjoin(facts, facts.c.terminal == terminals.c.terminal)
    if sort == "alerts":
        source = source.outerjoin(_alerting, _alerting.c.terminal == terminals.c.terminal)
    return query.select_from(source).where(_meant(filters))


def _meant(filters: Filters) -> ColumnElement[bool]:
    wanted: list[ColumnElement[bool]] = [_has(word) for word in filters.search[:LONGEST_SEARCH].split()[:MOST_WORDS]]
    for column, value in ((terminals.c.presence, filters.presence), (terminals.c.lifecycle, filters.lifecycle)):
        if value:
            wanted.append(column.is_(None) if value == UNKNOWN else column == value)
    if filters.software:
        wanted.append(facts.c.software == filters.software)
    if filters.alerting:
        wanted.append(terminals.c.terminal.in_(select(alerts.c.terminal).where(_is_open)))
    if filters.binding:
        wanted.append(terminals.c.terminal.in_(select(configurations.c.terminal).where(_is_behind)))
    return and_(True, *wanted)


def _has(word: str) -> ColumnElement[bool]:
    """That `word` is in what a terminal is known by, or in the name of its region."""
    return or_(
        *(func.lower(column).contains(word.lower(), autoescape=True) for column in _SEARCHED),
        *(facts.c.region.startswith(code) for code in _places(word)),
    )


@lru_cache(256)  # a page asks the same again and again
def _places(word: str) -> tuple[str, ...]:
    """How the codes of the regions begin whose name has `word`; 460000 is the province of all 46."""
    found = () if word.isascii() else regions.search(word, _MOST_REGIONS)
    return tuple(place.code.removesuffix("00").removesuffix("00") for place in found)


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    known = {name: getattr(row, name) or "" for name in _FACTS if name != "binding_version"}
    return Line(
        terminal=row.terminal,
        presence=row.presence,
        lifecycle=row.lifecycle,
        seen_at=row.seen_at,
        binding_version=row.binding_version or 0,
        desired_binding=_binding_version(row.document),
        config_state=row.config_state,
        alerts=row.alerts,
        severity=_SEVERITIES[row.worst],
        **known,
    )


def _binding_version(document: str | None) -> int:
    """The version of the binding in a configuration that was ordered; 0 where there is none."""
    binding = json.loads(document or "{}").get("binding", {})
    version = binding.get("document", {}).get("version", 0)
    return version if isinstance(version, int) else 0
