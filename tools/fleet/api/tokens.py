"""`/api/1/tokens`: one's own tokens, and for administrators everybody's."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from tools.fleet.access import tokens
from tools.fleet.access.actor import Role
from tools.fleet.access.tokens import Token
from tools.fleet.api.caller import Operator, Viewer
from tools.fleet.api.forms import PRINTS, Body, Number

router = APIRouter(prefix="/tokens", tags=["tokens"])


class NewToken(Body):
    """A token to be: what it is for, what it may do, and for how many days."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=tokens.LONGEST_NAME, pattern=PRINTS)]
    role: Annotated[Role, Field(strict=False)]
    days: Annotated[int, Field(ge=1, le=tokens.MOST_DAYS)]


class Made(BaseModel):
    """The new token, which is told this once."""

    id: int
    token: str


@router.get("")
def listed(caller: Viewer) -> list[Token]:
    """The tokens, oldest first; those that are over as well."""
    everybody = caller.session is not None and caller.actor.may_be(Role.ADMINISTRATOR)
    return caller.ask(tokens.listed, None if everybody else caller.actor.name)


@router.post("", status_code=201)
def make(caller: Operator, new: NewToken) -> Made:
    """Make a token of one's own."""
    caller.by_person()
    number, drawn = caller.order(tokens.make, caller.actor.name, new.name, new.role, new.days)
    return Made(id=number, token=drawn)


@router.delete("/{number}", status_code=204)
def revoke(caller: Operator, number: Number) -> None:
    """Let a token count no more."""
    caller.by_person()
    caller.order(tokens.revoke, number)
