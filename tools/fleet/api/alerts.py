"""`/api/1/alerts`: what is wrong in the fleet, and what people do about it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from tools.fleet.alarms import LONGEST_WHY
from tools.fleet.alerts import changes
from tools.fleet.api.caller import Operator, Viewer
from tools.fleet.api.forms import LARGEST_NUMBER, PRINTS, Body, Paging, Wanted
from tools.fleet.times import utc_now
from tools.fleet.views import alerts as views
from tools.fleet.views.alerts import Counts, Filters, Line
from tools.fleet.views.found import MOST, Found

router = APIRouter(prefix="/alerts", tags=["alerts"])

State = Literal["open", "new", "acknowledged", "hidden", "over", "all"]
Severity = Literal["critical", "warning", "info"]
Sort = Literal["severity", "raised_at", "last_at", "cleared_at", "terminal", "kind", "times", "assignee"]
Numbers = Annotated[
    list[Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]],
    Field(min_length=1, max_length=MOST, description="The numbers of alerts: all of them are changed, or none."),
]


class Chosen(Body):
    """Some alerts."""

    alerts: Numbers


class Assignment(Chosen):
    """Who sees to some alerts; nobody when it is null."""

    assignee: (
        Annotated[str, StringConstraints(min_length=1, max_length=changes.LONGEST_NAME, pattern=PRINTS)] | None
    )  # fmt: skip


class Closing(Chosen):
    """Why some alerts are closed; it is kept with the time."""

    why: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_WHY, pattern=PRINTS)]


@router.get("")
def listed(
    caller: Viewer,
    page: Paging,
    state: State = "open",
    severity: Severity | None = None,
    kind: Wanted = None,
    assignee: Wanted = None,
    terminal: Wanted = None,
    text: Wanted = None,
    sort: Sort = "severity",
    falling: Annotated[bool, Query(description="The greatest first.")] = True,
) -> Found[Line]:
    """The alerts that are meant, the worst first."""
    filters = Filters(state, severity or "", kind or "", assignee or "", terminal or "", text or "")
    return caller.ask(views.listed, filters, page, sort, falling)


@router.get("/counts")
def counts(caller: Viewer) -> Counts:
    """How many alerts are open."""
    return caller.ask(views.counts)


@router.post("/acknowledge", status_code=204)
def acknowledge(caller: Operator, chosen: Chosen) -> None:
    """Say that you have seen them."""
    caller.order(changes.acknowledge, chosen.alerts, utc_now())


@router.post("/assign", status_code=204)
def assign(caller: Operator, given: Assignment) -> None:
    """Give them to somebody."""
    caller.order(changes.assign, given.alerts, given.assignee)


@router.post("/close", status_code=204)
def close(caller: Operator, given: Closing) -> None:
    """Close the alarms behind them, where those do not end by themselves."""
    caller.order(changes.close, given.alerts, given.why, utc_now())
