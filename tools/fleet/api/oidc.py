"""`/api/1/oidc`: a browser's way to the identity provider and back."""

import logging
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from tools.errors import ToolError
from tools.fleet.access import cookie
from tools.fleet.access.oidc import Identity, Provider
from tools.fleet.access.underway import LASTS_S, Underway
from tools.fleet.api.caller import address_of, door_of
from tools.fleet.api.forms import PRINTS
from tools.fleet.errors import MissingError, StrangerError

# For browsers: not part of the description for programs.
router = APIRouter(prefix="/oidc", include_in_schema=False)

_COOKIE = "jumpguard-oidc"
_FAILED = "/login?failed=provider"
# The session's cookie is not sent with what another site led to, as this answer was; it is with what follows from here.
_ON = '<!doctype html><title>JumpGuard</title><meta http-equiv="refresh" content="0;url=/"><a href="/">JumpGuard</a>'
_Given = Annotated[str, Query(max_length=4_000, pattern=PRINTS)]

log = logging.getLogger("jumpguard.fleet")


@router.get("")
def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    provider, underway = _provider(request)
    begun = provider.begin(str(request.url.replace(path=f"{request.url.path}/back", query="")))
    answer = RedirectResponse(begun.address, 303)
    # Lax: it has to come along when the provider sends the browser back.
    answer.set_cookie(
        _COOKIE,
        underway.put(begun),
        max_age=int(LASTS_S),
        path=request.url.path,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/back")
def back(request: Request, state: _Given = "", code: _Given = "") -> Response:
    """Let in whom the provider sent back."""
    provider, underway = _provider(request)
    try:
        begun = underway.take(state, request.cookies.get(_COOKIE, ""))
        if begun is None or not code:
            raise StrangerError("identity provider: this log-in was not begun here, not lately, or was called off")
        drawn = _let_in(request, provider.finish(begun, code))
    except ToolError as error:
        log.warning("%s", error)
        return RedirectResponse(_FAILED, 303)
    answer = HTMLResponse(_ON)
    cookie.give(request, answer, drawn)
    return answer


def _let_in(request: Request, who: Identity) -> str:
    return door_of(request).let_in(who.subject, who.name, who.role, address_of(request))


def _provider(request: Request) -> tuple[Provider, Underway]:
    provider = request.app.state.provider
    if provider is None:
        raise MissingError("identity provider: none is set, in oidc.toml of the fleet's directory")
    return provider, request.app.state.underway
