"""The REST API as an application of its own; the pages are added to it."""

from collections.abc import Collection

from fastapi import APIRouter, FastAPI

from board.version import VERSION
from tools.fleet.access.door import Door
from tools.fleet.access.oidc import Provider
from tools.fleet.access.underway import Underway
from tools.fleet.api import audit, faults, oidc, session, tokens, users
from tools.fleet.api.forms import Error
from tools.fleet.api.guard import LOCAL, Guard
from tools.fleet.open_store import OpenStore

PREFIX = "/api/1"
_PARTS = (session, oidc, users, tokens, audit)


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
    routes = APIRouter(prefix=PREFIX, responses={"4XX": {"model": Error}, "503": {"model": Error}})
    for part in _PARTS:
        routes.include_router(part.router)
    app.include_router(routes)
    return app
