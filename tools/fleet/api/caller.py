"""Who makes a request, and what that one may do: a session's cookie with its CSRF text, or a token.

A route says who may use it by the type of its first parameter: `caller: Viewer`, `Operator` or `Administrator`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from sqlalchemy import Connection

from tools.fleet.access import cookie
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.door import Door
from tools.fleet.access.sessions import Session
from tools.fleet.errors import ForbiddenError, StrangerError
from tools.fleet.open_store import OpenStore

CSRF_HEADER = "X-CSRF-Token"
_HARMLESS = ("GET", "HEAD")
_bearer = HTTPBearer(auto_error=False, description="A token, `jg1_...`; a browser has a session's cookie instead.")

_Rest = ParamSpec("_Rest")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; `session` is None for a token."""

    actor: Actor
    session: Session | None
    store: OpenStore

    def ask(
        self, view: Callable[Concatenate[Connection, _Rest], _Found], *args: _Rest.args, **options: _Rest.kwargs
    ) -> _Found:
        """What `view(connection, ...)` finds in the store."""
        return self.store.ask(view, *args, **options)

    def order(
        self,
        change: Callable[Concatenate[Connection, Actor, _Rest], _Found],
        *args: _Rest.args,
        **options: _Rest.kwargs,
    ) -> _Found:
        """Have `change(connection, actor, ...)` made in one transaction."""
        return self.store.change(change, self.actor, *args, **options)

    def by_person(self) -> Session:
        """The session. Raises ForbiddenError for a token: what gives access outlives it, so a person has to do it."""
        if self.session is None:
            raise ForbiddenError("a token cannot do that: log in")
        return self.session


class Needs:
    """Lets in who has `role` at least."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def __call__(
        self, request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Caller:
        """Who makes `request`. Raises StrangerError or ForbiddenError."""
        caller = _caller(request, given)
        caller.actor.must_be(self.role)
        return caller


Viewer = Annotated[Caller, Depends(Needs(Role.VIEWER))]
Operator = Annotated[Caller, Depends(Needs(Role.OPERATOR))]
Administrator = Annotated[Caller, Depends(Needs(Role.ADMINISTRATOR))]


def door_of(request: Request) -> Door:
    """The door of the application that got `request`."""
    door = request.app.state.door
    assert isinstance(door, Door)
    return door


def address_of(request: Request) -> str:
    """Where `request` came from."""
    return request.client.host if request.client is not None else ""


def _caller(request: Request, given: HTTPAuthorizationCredentials | None) -> Caller:
    door, store = door_of(request), request.app.state.store
    if given is not None:
        actor = door.token(given.credentials)
        if actor is None:
            raise StrangerError("the token does not count, or not any more: have another one made")
        return Caller(actor, None, store)
    session = door.session(cookie.of(request))
    if session is None:
        raise StrangerError("log in first, or send a token (Authorization: Bearer jg1_...)")
    if request.method not in _HARMLESS and not session.is_csrf(request.headers.get(CSRF_HEADER, "")):
        raise ForbiddenError(f"{CSRF_HEADER} is not the session's: take it from GET /api/1/session")
    return Caller(session.actor, session, store)
