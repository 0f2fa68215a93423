"""`/api/1/session`: log in and out by password, and who one is."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, StringConstraints

from tools.fleet.access import cookie, passwords, users
from tools.fleet.access.actor import Role
from tools.fleet.api.caller import Viewer, address_of, door_of
from tools.fleet.api.forms import Body
from tools.fleet.errors import ForbiddenError, StrangerError

router = APIRouter(prefix="/session", tags=["session"])


class Credentials(Body):
    """A name and its password."""

    name: Annotated[str, StringConstraints(max_length=users.LONGEST_NAME)]
    password: Annotated[str, StringConstraints(max_length=passwords.LONGEST)]


class NewPassword(Body):
    """The password so far, and the one from now on."""

    old: Annotated[str, StringConstraints(max_length=passwords.LONGEST)]
    new: Annotated[str, StringConstraints(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)]


class Known(BaseModel):
    """Who one is; `csrf` goes into X-CSRF-Token with each change, and is None for a token."""

    name: str
    role: Role
    csrf: str | None


@router.post("", status_code=201)
def log_in(request: Request, answer: Response, who: Credentials) -> Known:
    """Begin a session; the cookie comes with the answer. Not from another site's page."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise ForbiddenError("a page of another site cannot log in here")
    door = door_of(request)
    drawn = door.log_in(who.name, who.password, address_of(request))
    cookie.give(request, answer, drawn)
    session = door.session(drawn)
    if session is None:
        raise StrangerError("the session was ended while it began")
    return Known(name=session.actor.name, role=session.actor.role, csrf=session.csrf)


@router.get("")
def me(caller: Viewer) -> Known:
    """Say who one is."""
    csrf = None if caller.session is None else caller.session.csrf
    return Known(name=caller.actor.name, role=caller.actor.role, csrf=csrf)


@router.delete("", status_code=204)
def log_out(request: Request, answer: Response, caller: Viewer) -> None:
    """End the session."""
    caller.by_person()
    door_of(request).log_out(cookie.of(request))
    cookie.take_back(request, answer)


@router.put("/password", status_code=204)
def change_password(request: Request, caller: Viewer, given: NewPassword) -> None:
    """Change one's own password; all of one's sessions end."""
    caller.by_person()
    door_of(request).change_password(caller.actor, given.old, given.new, address_of(request))
