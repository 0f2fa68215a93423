"""The REST API as an application of its own; the pages are added to it."""

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI

from board.version import VERSION
from tools.fleet.access.door import Door
from tools.fleet.access.oidc import Provider
from tools.fleet.access.underway import Underway
from tools.fleet.api import (
    alerts,
    audit,
    channels,
    commands,
    configurations,
    faults,
    jumps,
    metrics,
    oidc,
    rollouts,
    session,
    terminals,
    tokens,
    users,
)
from tools.fleet.api.forms import Error
from tools.fleet.api.guard import LOCAL, Guard
from tools.fleet.open_store import OpenStore

PREFIX = "/api/1"
_PARTS = (
    session, oidc, terminals, commands, configurations, jumps, rollouts, alerts, channels, users, tokens, audit,
)  # fmt: skip


def api(store: OpenStore, door: Door, hosts: Collection[str] = LOCAL, provider: Provider | None = None) -> FastAPI:
    """The application of `store`, reached under one of `hosts`; `provider`, if there is one, lets users in as well.

    It has no page of its description: those load scripts from afar.
    """
    app = FastAPI(
        title="JumpGuard fleet",
        version=VERSION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.store, app.state.door = store, door
    app.state.provider, app.state.underway = provider, Underway()
    app.add_middleware(Guard, hosts=hosts)
    faults.add_handlers(app)
    says_no: dict[int | str, dict[str, Any]] = {"4XX": {"model": Error}, "503": {"model": Error}}
    for part in _PARTS:
        app.include_router(part.router, prefix=PREFIX, responses=says_no)
    app.include_router(metrics.router, responses=says_no)
    return app
