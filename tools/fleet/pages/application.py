"""The web application: the pages, and what every answer carries to keep a browser from being led astray."""

import functools
from collections.abc import Collection

from fastapi import FastAPI
from nicegui import ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tools.fleet.api.app import api
from tools.fleet.api.guard import LOCAL
from tools.fleet.pages import (
    alerts,
    audit,
    bundle,
    jump,
    jumps,
    look,
    overview,
    rollout,
    rollout_form,
    rollouts,
    site,
    terminal,
    terminals,
    terminals_csv,
    users,
    who,
)

# NiceGUI compiles its templates in the browser and writes scripts into the page: that takes inline and eval.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
# A page that nobody looks at any more is kept for so long, so that a short break of the line loses nothing.
_RECONNECT_S = 15.0
_PAGES = (overview, terminals, terminal, jumps, jump, alerts, rollouts, rollout_form, rollout, audit, users)


class Headers:
    """Adds our headers to every answer of `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI has it."""

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, say if scope["type"] == "http" else send)


def application(shown: site.Site, hosts: Collection[str] = LOCAL) -> FastAPI:
    """The application that shows `shown`, reached under one of `hosts`; one in a process."""
    site.use(shown)
    app = api(shown, shown.door, hosts, shown.provider)
    app.add_middleware(Headers)
    who.add_routes(app)
    terminals_csv.add_routes(app)
    bundle.add_routes(app)
    look.serve_assets()
    ui.run_with(
        app,
        title="JumpGuard",
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=_RECONNECT_S,
        show_welcome_message=False,
        gzip_middleware_factory=functools.partial(GZipMiddleware, minimum_size=1000, compresslevel=5),
    )
    return app
