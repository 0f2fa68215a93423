"""`/api/1/configurations`: what terminals shall have, and what they made of it."""

from fastapi import APIRouter
from pydantic import BaseModel

from tools.fleet.api.caller import Operator, Viewer
from tools.fleet.api.forms import Body, JsonObject, Paging, Terminal, Wanted
from tools.fleet.configuring import configure
from tools.fleet.views.found import Found
from tools.fleet.views.orders import Configuration, configuration, configurations

router = APIRouter(prefix="/configurations", tags=["configurations"])


class Desired(Body):
    """A binding as the acquirer's desk signed it, all settings that differ from the terminal's file, or both."""

    binding: JsonObject | None = None
    settings: JsonObject | None = None


class Ordered(BaseModel):
    """The version that the terminal tells of later."""

    version: int


@router.get("")
def listed(caller: Viewer, page: Paging, state: Wanted = None) -> Found[Configuration]:
    """What terminals shall have, by terminal."""
    return caller.ask(configurations, page, state)


@router.get("/{terminal}")
def one(caller: Viewer, terminal: Terminal) -> Configuration:
    """What a terminal shall have."""
    return caller.ask(configuration, terminal)


@router.put("/{terminal}")
def order(caller: Operator, terminal: Terminal, desired: Desired) -> Ordered:
    """Order that a terminal shall have them; it answers once it has tried them."""
    return Ordered(version=caller.order(configure, terminal, desired.binding, desired.settings))
