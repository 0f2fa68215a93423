"""`/api/1/jumps`: what jumped, what people do about it, how often, and complaints."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from tools.fleet.api.caller import Operator, Viewer
from tools.fleet.api.forms import LARGEST_NUMBER, LONGEST_LINE, PRINTS, Body, Number, Paging
from tools.fleet.jumps.complaint.package import name_of, package
from tools.fleet.jumps.steps import WORKFLOW
from tools.fleet.jumps.workflow import LONGEST_NOTE, add_note, move
from tools.fleet.times import utc_now
from tools.fleet.views.found import Found
from tools.fleet.views.jump import Whole, whole
from tools.fleet.views.jump_rates import BY, Rates, rates
from tools.fleet.views.jumps import NO, SORTS, YES, Filters, Line, listed

router = APIRouter(prefix="/jumps", tags=["jumps"])


def _one_of(words: Iterable[str]) -> str:
    """A pattern of exactly these words."""
    return f"^({'|'.join(words)})$"


Text = Annotated[str, Query(max_length=LONGEST_LINE, pattern=PRINTS)]
Sort = Annotated[str, Query(pattern=_one_of(SORTS))]
By = Annotated[str, Query(pattern=_one_of(BY))]
AnyStep = Annotated[str, Query(pattern=_one_of(("", *WORKFLOW)))]
YesOrNo = Annotated[str, Query(pattern=_one_of(("", YES, NO)))]


class Noted(Body):
    """A note: lines that print, without a card's number."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NOTE)]


class Stepped(Body):
    """The step that follows, `version` of the jump as it was seen, and a note, which may be empty."""

    to: Annotated[str, StringConstraints(pattern=_one_of(WORKFLOW))]
    version: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
    note: Annotated[str, StringConstraints(max_length=LONGEST_NOTE)] = ""


def _filters(
    text: Text = "",
    workflow: AnyStep = "",
    stage: Text = "",
    field: Text = "",
    reverses: YesOrNo = "",
    terminal: Text = "",
    merchant: Text = "",
    mid: Text = "",
    acquirer: Text = "",
    region: Text = "",
    software: Text = "",
    since: Text = "",
    until: Text = "",
) -> Filters:
    return Filters(
        text, workflow, stage, field, reverses, terminal, merchant, mid, acquirer, region, software, since, until
    )


@router.get("")
def found(
    caller: Viewer,
    page: Paging,
    filters: Annotated[Filters, Depends(_filters)],
    sort: Sort = "at",
    order: Literal["rising", "falling"] = "falling",
) -> Found[Line]:
    """The jumps that are meant, the latest first where nothing else is said."""
    return caller.ask(listed, filters, page, sort, order == "falling")


@router.get("/rates")
def how_often(caller: Viewer, by: By = BY[0], since: Text = "", until: Text = "") -> Rates:
    """How often payments jump, per 1,000 sales."""
    return caller.ask(rates, by, since, until or utc_now())


@router.get("/{number}")
def one(caller: Viewer, number: Number) -> Whole:
    """One jump whole."""
    return caller.ask(whole, number)


@router.get("/{number}/complaint", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
def complaint(caller: Viewer, number: Number) -> Response:
    """The jump as a ZIP file for the acquirer."""
    made = caller.ask(package, number)
    named = {"Content-Disposition": f'attachment; filename="{name_of(number)}"'}
    return Response(made, media_type="application/zip", headers=named)


@router.post("/{number}/notes", status_code=204)
def note(caller: Operator, number: Number, said: Noted) -> None:
    """Note something about a jump."""
    caller.order(add_note, number, said.text)


@router.post("/{number}/steps", status_code=204)
def step(caller: Operator, number: Number, taken: Stepped) -> None:
    """Take a jump a step on; refused when somebody changed it since `version`."""
    caller.order(move, number, taken.version, taken.to, taken.note)
