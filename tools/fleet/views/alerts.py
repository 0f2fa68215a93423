"""The alerts of a fleet: found, counted, sorted, a page at a time."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, or_, select

from tools.fleet.alerts.tables import alerts
from tools.fleet.alerts.words import CRITICAL, WARNING
from tools.fleet.errors import OrderError
from tools.fleet.history.tables import facts
from tools.fleet.views.found import Found, Page, found

LONGEST_SEARCH = 100
_MOST_WORDS = 5

OPEN = "open"
NEW = "new"
ACKNOWLEDGED = "acknowledged"
HIDDEN = "hidden"
OVER = "over"
ALL = "all"

_is_open = alerts.c.cleared_at.is_(None)
_shown = _is_open & alerts.c.hidden_by.is_(None)
# Open ones are those that nothing hides; new is what nobody has acknowledged of them.
STATES: dict[str, ColumnElement[bool]] = {
    OPEN: _shown,
    NEW: _shown & alerts.c.acknowledged_at.is_(None),
    ACKNOWLEDGED: _shown & alerts.c.acknowledged_at.is_not(None),
    HIDDEN: _is_open & alerts.c.hidden_by.is_not(None),
    OVER: ~_is_open,
    ALL: and_(True),
}

_rank = case((alerts.c.severity == CRITICAL, 2), (alerts.c.severity == WARNING, 1), else_=0)
# What one may sort by. Those of equal rank come as they were raised, the latest first.
SORTS: dict[str, ColumnElement[Any]] = {
    "severity": _rank,
    "raised_at": alerts.c.raised_at,
    "last_at": alerts.c.last_at,
    "cleared_at": func.coalesce(alerts.c.cleared_at, ""),
    "terminal": alerts.c.terminal,
    "kind": alerts.c.kind,
    "times": alerts.c.times,
    "assignee": func.coalesce(alerts.c.assignee, ""),
}
_SEARCHED = (alerts.c.terminal, alerts.c.kind, alerts.c.detail, alerts.c.assignee, facts.c.merchant)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which alerts are meant; "" is any. `text` is words, each of which has to be in what is told of an alert."""

    state: str = OPEN
    severity: str = ""
    kind: str = ""
    assignee: str = ""
    terminal: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An alert as a list shows it; "" where there is nothing, `hidden_by` 0 where nothing hides it."""

    id: int
    terminal: str
    merchant: str
    timezone: str
    kind: str
    severity: str
    detail: str
    raised_at: str
    last_at: str
    times: int
    flaps: int
    cleared_at: str
    acknowledged_at: str
    acknowledged_by: str
    assignee: str
    hidden_by: int
    why: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many alerts are open of each severity, how many of all of them are new, and how many are hidden."""

    severity: dict[str, int]
    new: int
    hidden: int


def listed(
    connection: Connection, filters: Filters, page: Page, sort: str = "severity", falling: bool = True
) -> Found[Line]:
    """The `page` of the alerts that are meant, in the order of `sort`. Raises OrderError."""
    if sort not in SORTS:
        raise OrderError(f"alerts: {sort!r} is no order: {', '.join(SORTS)}")
    order = SORTS[sort]
    query = (
        select(alerts, facts.c.merchant, facts.c.timezone)
        .outerjoin(facts, facts.c.terminal == alerts.c.terminal)
        .where(_meant(filters))
        .order_by(order.desc() if falling else order, alerts.c.raised_at.desc(), alerts.c.id.desc())
    )
    return found(connection, query, _line, page)


def counts(connection: Connection) -> Counts:
    """How the alerts stand that are open."""
    new = func.sum(case((alerts.c.acknowledged_at.is_(None) & alerts.c.hidden_by.is_(None), 1), else_=0))
    hides = alerts.c.hidden_by.is_not(None)
    query = select(alerts.c.severity, hides, func.count(), new).where(_is_open).group_by(alerts.c.severity, hides)
    severity: dict[str, int] = {}
    unseen = hidden = 0
    for name, is_hidden, count, unseen_here in connection.execute(query):
        unseen += int(unseen_here)
        if is_hidden:
            hidden += count
        else:
            severity[name] = count
    return Counts(severity, unseen, hidden)


def kinds(connection: Connection) -> list[str]:
    """The kinds of which an alert is open."""
    return list(connection.execute(select(alerts.c.kind).distinct().where(_is_open).order_by(alerts.c.kind)).scalars())


def _meant(filters: Filters) -> ColumnElement[bool]:
    if filters.state not in STATES:
        raise OrderError(f"alerts: {filters.state!r} is no state: {', '.join(STATES)}")
    wanted = [STATES[filters.state]]
    for column, value in (
        (alerts.c.severity, filters.severity),
        (alerts.c.kind, filters.kind),
        (alerts.c.assignee, filters.assignee),
        (alerts.c.terminal, filters.terminal),
    ):
        if value:
            wanted.append(column == value)
    wanted += [_has(word) for word in filters.text[:LONGEST_SEARCH].split()[:_MOST_WORDS]]
    return and_(*wanted)


def _has(word: str) -> ColumnElement[bool]:
    return or_(*(func.lower(column).contains(word.lower(), autoescape=True) for column in _SEARCHED))


def _line(row: Row[Any]) -> Line:
    known: dict[str, Any] = row._asdict()
    return Line(**{name: known[name] if known[name] is not None else nothing for name, nothing in _NOTHING.items()})


# What a field is where the store has none.
_NOTHING: dict[str, Any] = dict.fromkeys((field.name for field in fields(Line)), "") | {"hidden_by": 0}
