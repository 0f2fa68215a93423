"""`/api/1/terminals`: the terminals, and what each told."""

from typing import Annotated

from fastapi import APIRouter, Query

from tools.fleet.api.caller import Viewer
from tools.fleet.api.forms import PRINTS, Paging, Terminal, Wanted
from tools.fleet.errors import MissingError
from tools.fleet.views import terminals as view
from tools.fleet.views.events import Event, events
from tools.fleet.views.found import Found
from tools.fleet.views.terminals import Counts, Filters, Line

router = APIRouter(prefix="/terminals", tags=["terminals"])

Word = Annotated[str, Query(max_length=64, pattern=PRINTS)]
Sort = Annotated[str, Query(pattern=f"^({'|'.join(view.SORTS)})$")]


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
def one(caller: Viewer, terminal: Terminal) -> Line:
    """A terminal, as the list has it."""
    for line in caller.ask(view.listed, Filters(terminal), "terminal", most=500):
        if line.terminal == terminal:
            return line
    raise MissingError(f"terminal {terminal}: the backend never heard of it")


@router.get("/{terminal}/events")
def told(
    caller: Viewer, terminal: Terminal, page: Paging, kind: Wanted = None, journal_id: Wanted = None
) -> Found[Event]:
    """What a terminal's journals hold, as it is stored, the latest first."""
    return caller.ask(events, terminal, page, kind, journal_id)
