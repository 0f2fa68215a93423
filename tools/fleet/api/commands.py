"""`/api/1/commands`: what was ordered of terminals, and to order it."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints

from tools.fleet import ordering, orders
from tools.fleet.api.caller import Operator, Viewer
from tools.fleet.api.forms import Body, JsonObject, Paging, Wanted
from tools.fleet.views.found import Found
from tools.fleet.views.orders import Command, command, commands

router = APIRouter(prefix="/commands", tags=["commands"])

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class NewCommand(Body):
    """A command to be, for one terminal or several; it has to begin within `lasts_s` seconds."""

    terminals: Annotated[list[Name], Field(min_length=1, max_length=ordering.MOST_AT_ONCE)]
    type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    args: JsonObject = Field(default_factory=dict)
    lasts_s: Annotated[int, Field(ge=1, le=orders.MOST_S)] = orders.LASTS_S


class Ordered(BaseModel):
    """The ids of the commands, in the order of the terminals."""

    ids: list[str]


@router.get("")
def listed(caller: Viewer, page: Paging, terminal: Wanted = None, state: Wanted = None) -> Found[Command]:
    """The commands, the latest first."""
    return caller.ask(commands, page, terminal, state)


@router.get("/{command}")
def one(caller: Viewer, name: Annotated[Name, Path(alias="command")]) -> Command:
    """A command, and what became of it."""
    return caller.ask(command, name)


@router.post("", status_code=201)
def order(caller: Operator, new: NewCommand) -> Ordered:
    """Order a command of each of the terminals; they hear of it at once, or when they are back."""
    return Ordered(ids=caller.order(ordering.command, new.terminals, new.type, new.args, new.lasts_s))
