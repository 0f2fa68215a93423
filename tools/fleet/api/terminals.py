"""`/api/1/terminals`: the terminals, and what each told."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, StringConstraints

from tools.fleet.api.caller import Viewer
from tools.fleet.api.forms import PRINTS, Paging, Terminal, Wanted
from tools.fleet.errors import MissingError
from tools.fleet.times import utc_now
from tools.fleet.views import terminals as view
from tools.fleet.views.events import Event, events
from tools.fleet.views.found import Found
from tools.fleet.views.json_text import read
from tools.fleet.views.terminal import known
from tools.fleet.views.terminals import Counts, Filters, Line
from tools.fleet.views.timeline import KINDS, Moment, timeline
from tools.fleet.views.vitals import Course, courses

MOST_HOURS = 366 * 24

router = APIRouter(prefix="/terminals", tags=["terminals"])

Word = Annotated[str, Query(max_length=64, pattern=PRINTS)]
Kind = Annotated[str, StringConstraints(pattern=f"^({'|'.join(KINDS)})$")]
Sort = Annotated[str, Query(pattern=f"^({'|'.join(view.SORTS)})$")]


class Told(BaseModel):
    """A terminal: `facts` are what it is known by, the rest is as it told last; {} and null are unknown."""

    terminal: str
    presence: str
    lifecycle: str
    seen_at: str | None
    facts: dict[str, Any]
    keys_version: int
    state: dict[str, Any]
    info: dict[str, Any]
    vitals: dict[str, Any]
    config: dict[str, Any]


@router.get("")
def listed(
    caller: Viewer,
    page: Paging,
    search: Annotated[str, Query(max_length=view.LONGEST_SEARCH, pattern=PRINTS)] = "",
    presence: Word = "",
    lifecycle: Word = "",
    software: Word = "",
    alerting: bool = False,
    behind: bool = False,
    sort: Sort = "terminal",
    falling: bool = False,
) -> Found[Line]:
    """The terminals that have every word of `search` in serial, MID, TID, merchant or region, and are as asked for."""
    filters = Filters(
        search, presence, lifecycle, software, view.YES if alerting else "", view.BEHIND if behind else ""
    )
    lines = caller.ask(view.listed, filters, sort, falling, page.limit, page.offset)
    return Found(lines, caller.ask(view.found, filters))


@router.get("/counts")
def counts(caller: Viewer) -> Counts:
    """How many there are of each kind."""
    return caller.ask(view.counts)


@router.get("/{terminal}")
def one(caller: Viewer, terminal: Terminal) -> Told:
    """What is known of a terminal, and what it told last."""
    found = caller.ask(known, terminal)
    if found is None:
        raise MissingError(f"terminal {terminal}: the backend never heard of it")
    last = {name: read(found.told.get(name) or "{}") for name in ("state", "info", "vitals", "config")}
    return Told(
        terminal=terminal,
        presence=found.told.get("presence") or view.UNKNOWN,
        lifecycle=found.told.get("lifecycle") or view.UNKNOWN,
        seen_at=found.told.get("seen_at"),
        facts={name: value for name, value in found.facts.items() if name != "terminal"},
        keys_version=found.keys_version,
        **last,
    )


@router.get("/{terminal}/timeline")
def happened(
    caller: Viewer,
    terminal: Terminal,
    page: Paging,
    kind: Annotated[list[Kind] | None, Query(max_length=len(KINDS))] = None,
) -> list[Moment]:
    """What happened at a terminal, the latest first: connections, sales, jumps, commands, configuration and alerts."""
    return caller.ask(timeline, terminal, kind or KINDS, most=page.limit + page.offset)[page.offset :]


@router.get("/{terminal}/vitals")
def vitals(caller: Viewer, terminal: Terminal, hours: Annotated[int, Query(ge=1, le=MOST_HOURS)] = 6) -> list[Course]:
    """How its readings went: up to six hours as they came, beyond that the means of five minutes; null is a gap."""
    return caller.ask(courses, terminal, utc_now(), timedelta(hours=hours))


@router.get("/{terminal}/events")
def told(
    caller: Viewer, terminal: Terminal, page: Paging, kind: Wanted = None, journal_id: Wanted = None
) -> Found[Event]:
    """What a terminal's journals hold, as it is stored, the latest first."""
    return caller.ask(events, terminal, page, kind, journal_id)
