"""The jumps of a fleet: found, counted, sorted, a page at a time."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from tools.fleet.errors import OrderError
from tools.fleet.history.tables import sales
from tools.fleet.jumps.clock import is_trusted
from tools.fleet.jumps.event import UNREADABLE
from tools.fleet.jumps.steps import WORKFLOW
from tools.fleet.jumps.tables import jumps
from tools.fleet.views.found import Found, Page, found

YES, NO = "yes", "no"
LONGEST_SEARCH = 100
_MOST_WORDS = 5

# What one may sort by. Those of equal rank come as they happened, the latest first.
SORTS: dict[str, ColumnElement[Any]] = {
    "at": jumps.c.placed_at,
    "terminal": jumps.c.terminal,
    "merchant": jumps.c.merchant,
    "mid": jumps.c.mid,
    "acquirer": jumps.c.acquirer,
    "region": jumps.c.region,
    "software": jumps.c.software,
    "stage": jumps.c.stage,
    "workflow": jumps.c.workflow,
    "changed_at": jumps.c.changed_at,
}
_SEARCHED = (jumps.c.terminal, jumps.c.merchant, jumps.c.mid, jumps.c.tid, jumps.c.sale)
_SAME = ("workflow", "terminal", "merchant", "mid", "acquirer", "software")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which jumps are meant; "" is any. `text` is words, each of which has to be in what a jump is known by.

    `region` is a code's beginning, `reverses` YES or NO; `since` and `until` are UTC, the latter is not meant itself.
    """

    text: str = ""
    workflow: str = ""
    stage: str = ""
    field: str = ""
    reverses: str = ""
    terminal: str = ""
    merchant: str = ""
    mid: str = ""
    acquirer: str = ""
    region: str = ""
    software: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A jump as a list shows it: `expected` and `observed` by field, the likeliest cause first.

    `at` is the terminal's word, `doubtful` says that its clock does not tell the day. An event that is not understood
    has the stage UNREADABLE. `reversal` is as `sales` has it. `anchored` says that an acknowledgement of its journal,
    signed by the backend, is kept with it.
    """

    id: int
    terminal: str
    journal_id: str
    sequence: int
    hash: str
    at: str
    clock: str
    doubtful: bool
    received_at: str
    timezone: str
    sale: str
    stage: str
    fields: list[str]
    expected: dict[str, str]
    observed: dict[str, str]
    causes: list[str]
    reverses: bool
    reversal: str
    acquirer: str
    mid: str
    tid: str
    merchant: str
    region: str
    software: str
    workflow: str
    version: int
    changed_at: str
    changed_by: str
    anchored: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jumps there are in each step of the workflow, at each stage, and how many were to be reversed."""

    workflow: dict[str, int]
    stage: dict[str, int]
    reverses: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.workflow.values())


def listed(connection: Connection, filters: Filters, page: Page, sort: str = "at", falling: bool = True) -> Found[Line]:
    """The `page` of the jumps that are meant, in the order of `sort`. Raises OrderError for an order or a filter."""
    if sort not in SORTS:
        raise OrderError(f"jumps: {sort!r} is no order: {', '.join(SORTS)}")
    order = SORTS[sort]
    query = with_reversal().where(meant(filters))
    query = query.order_by(order.desc() if falling else order, jumps.c.placed_at.desc(), jumps.c.id.desc())
    return found(connection, query, line, page)


def counts(connection: Connection) -> Counts:
    """How all jumps stand."""
    query = select(jumps.c.workflow, jumps.c.stage, jumps.c.reverses, func.count())
    query = query.group_by(jumps.c.workflow, jumps.c.stage, jumps.c.reverses)
    workflow, stages, reverses = dict.fromkeys(WORKFLOW, 0), dict[str, int](), 0
    for step, stage, does, count in connection.execute(query):
        workflow[step] += count
        stages[stage or UNREADABLE] = stages.get(stage or UNREADABLE, 0) + count
        reverses += count if does else 0
    return Counts(workflow, stages, reverses)


def with_reversal() -> Select[Any]:
    """All jumps, with what became of the reversal of their sales, as far as that is known."""
    same = (sales.c.terminal == jumps.c.terminal) & (sales.c.sale == jumps.c.sale)
    return select(jumps, func.coalesce(sales.c.reversal, "").label("reversal")).outerjoin(sales, same)


def meant(filters: Filters) -> ColumnElement[bool]:
    """The condition that `filters` are. Raises OrderError for a step or an answer that is none."""
    if filters.workflow and filters.workflow not in WORKFLOW:
        raise OrderError(f"jumps: {filters.workflow!r} is no step: {', '.join(WORKFLOW)}")
    if filters.reverses not in ("", YES, NO):
        raise OrderError(f"jumps: reverses is {YES} or {NO}")
    wanted = [_has(word) for word in filters.text[:LONGEST_SEARCH].split()[:_MOST_WORDS]]
    wanted += [jumps.c[name] == value for name in _SAME if (value := getattr(filters, name))]
    if filters.stage:
        wanted.append(jumps.c.stage == ("" if filters.stage == UNREADABLE else filters.stage))
    if filters.field:
        wanted.append(jumps.c.fields.contains(json.dumps(filters.field), autoescape=True))
    if filters.reverses:
        wanted.append(jumps.c.reverses == (filters.reverses == YES))
    if filters.region:
        wanted.append(jumps.c.region.startswith(filters.region, autoescape=True))
    if filters.since:
        wanted.append(jumps.c.placed_at >= filters.since)
    if filters.until:
        wanted.append(jumps.c.placed_at < filters.until)
    return and_(True, *wanted)


def line(row: Row[Any]) -> Line:
    """A row of `with_reversal`."""
    known = {name: value for name, value in row._mapping.items() if name in _FIELDS}
    return Line(
        **known
        | {name: json.loads(known[name]) for name in ("fields", "expected", "observed", "causes")}
        | {"stage": row.stage or UNREADABLE, "anchored": bool(row.anchor)},
        doubtful=not is_trusted(row.at, row.clock, row.received_at),
    )


def _has(word: str) -> ColumnElement[bool]:
    plain = or_(*(func.lower(column).contains(word.lower(), autoescape=True) for column in _SEARCHED))
    # What was observed is kept as JSON in ASCII.
    return plain | jumps.c.observed.contains(json.dumps(word)[1:-1], autoescape=True)


_FIELDS = frozenset(Line.__dataclass_fields__)
