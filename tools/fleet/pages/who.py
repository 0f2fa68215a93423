"""Logging in and out, and whose page one is."""

import asyncio
from urllib.parse import urlsplit

from fastapi import FastAPI, Form, Request
from nicegui import ui
from starlette.responses import RedirectResponse, Response

from provisioning.texts import CHINESE, ENGLISH, LANGUAGES, _, spoken_here
from tools.fleet.access import cookie
from tools.fleet.api.caller import address_of
from tools.fleet.errors import StrangerError, TooManyTriesError
from tools.fleet.pages import look
from tools.fleet.pages.site import current
from tools.fleet.pages.visit import Visit

LANGUAGE_COOKIE = "jumpguard-language"
_YEAR_S = 365 * 86_400


async def come_in(request: Request) -> Visit | None:
    """The visit of whoever's session the request has; None without one."""
    site, secret = current(), cookie.of(request)
    session = await asyncio.to_thread(site.door.session, secret)
    if session is None:
        return None
    return Visit(site, request, session.actor, secret, session.language or _language_of(request))


def _language_of(request: Request) -> str:
    """The language that was chosen on this browser, or else the one that it asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return CHINESE if request.headers.get("accept-language", "").lower().startswith("zh") else ENGLISH


def add_routes(app: FastAPI) -> None:
    """Add what a form or a link asks for: cookies can only be set by an answer."""

    @app.post("/login", include_in_schema=False)
    async def log_in(
        request: Request,
        name: str = Form(max_length=200),
        password: str = Form(max_length=1000),
        next: str = Form("/"),  # noqa: A002
    ) -> Response:
        if not _same_origin(request):
            return RedirectResponse("/login", 303)
        try:
            secret = await asyncio.to_thread(current().door.log_in, name, password, address_of(request))
        except StrangerError:
            return RedirectResponse("/login?failed=1", 303)
        except TooManyTriesError:
            return RedirectResponse("/login?failed=often", 303)
        answer = RedirectResponse(_inside(next), 303)
        cookie.give(request, answer, secret)
        return answer

    @app.post("/logout", include_in_schema=False)
    async def log_out(request: Request) -> Response:
        if _same_origin(request):
            await asyncio.to_thread(current().door.log_out, cookie.of(request))
        answer = RedirectResponse("/login", 303)
        cookie.take_back(request, answer)
        return answer

    @app.get("/language/{tag}", include_in_schema=False)
    async def speak(request: Request, tag: str) -> Response:
        parts = urlsplit(request.headers.get("referer", ""))
        answer = RedirectResponse(_inside(f"{parts.path}?{parts.query}" if parts.query else parts.path), 303)
        if tag in LANGUAGES:
            await asyncio.to_thread(current().door.speak, cookie.of(request), tag)
            answer.set_cookie(LANGUAGE_COOKIE, tag, max_age=_YEAR_S, httponly=True, samesite="lax")
        return answer


def _same_origin(request: Request) -> bool:
    """Whether a page of ours sent the form; SameSite keeps the cookie from others, and old browsers know no Origin."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _inside(address: str) -> str:
    """`address` when it leads to a page of ours, else the first page."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


@ui.page("/login")
def _login(request: Request) -> None:
    with spoken_here(_language_of(request)):
        look.apply(request, _language_of(request), _("Log in"))
        with ui.element("main").classes("jg-login"), ui.element("form").props('method=post action="/login"'):
            with ui.element("h1"):
                ui.label("JumpGuard")
            if "failed" in request.query_params:
                _refused(request.query_params["failed"])
            _field("name", _("Name"), "text", "username")
            _field("password", _("Password"), "password", "current-password")
            ui.element("input").props("type=hidden name=next").props["value"] = _inside(
                request.query_params.get("next", "/")
            )
            with ui.element("button").props("type=submit").classes("jg-button jg-primary"):
                ui.label(_("Log in"))
            if current().provider is not None:
                ui.link(_("Log in at the identity provider"), "/api/1/oidc")


def _refused(why: str) -> None:
    said = {
        "often": _("Too many tries: wait a little, then try again."),
        "provider": _("The identity provider does not let you in here."),
    }
    ui.label(said.get(why, _("Name or password is wrong."))).classes("jg-refused").props("role=alert")


def _field(name: str, label: str, kind: str, complete: str) -> None:
    with ui.element("label"):
        ui.label(label)
        ui.element("input").props(f"type={kind} name={name} autocomplete={complete} required")
