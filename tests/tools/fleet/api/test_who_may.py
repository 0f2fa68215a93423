"""Every route of the API with every kind of caller. The routes are the application's own: none can be forgotten."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from sqlalchemy import Connection, update

from tests.tools.fleet.access.people import ADMINISTRATOR, OPERATOR, PEOPLE, VIEWER
from tests.tools.fleet.api.program import Program
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.door import Door
from tools.fleet.access.tables import sessions, tokens
from tools.fleet.api.app import api
from tools.fleet.api.caller import Needs
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.times import moved, utc_now

# What needs no log-in: to log in, and the API's description.
OPEN = {("POST", "/api/1/session"), ("GET", "/api/1/oidc"), ("GET", "/api/1/oidc/back")}
OPEN |= {("GET", "/api/1/openapi.json"), ("HEAD", "/api/1/openapi.json")}
# What everybody may change: only what is their own.
OWN = {("DELETE", "/api/1/session"), ("PUT", "/api/1/session/password")}
HARMLESS = ("GET", "HEAD")
SAMPLES = {"number": "1", "name": "vera", "terminal": "JG-TEST-0001", "command": "c0123456789abcdef"}
Route = tuple[str, str]


def described(app: FastAPI) -> dict[Route, Role | None]:
    """Every method and path, and the role that it says it needs."""
    found: dict[Route, Role | None] = {}
    for context in iter_route_contexts(app.routes):
        needed = _needed(getattr(context, "dependant", None))
        for method in context.methods or ():
            found[method, str(context.path)] = needed
    return found


def _needed(dependant: Dependant | None) -> Role | None:
    needs = [each.call for each in dependant.dependencies if isinstance(each.call, Needs)] if dependant else []
    return max((one.role for one in needs), default=None)


NOWHERE = OpenStore(Place(Path("nowhere")))
ROUTES = described(api(NOWHERE, Door(NOWHERE)))
GUARDED = sorted(set(ROUTES) - OPEN)
CHANGES = [route for route in GUARDED if route[0] not in HARMLESS]


def call(program: Program, route: Route, headers: dict[str, str]) -> int:
    method, path = route
    for name, sample in SAMPLES.items():
        path = path.replace(f"{{{name}}}", sample)
    assert "{" not in path, f"name a sample for {path}"
    answer = program.call(method, path, headers, {} if method not in HARMLESS else None)
    if answer.status_code >= 400 and method != "HEAD":
        assert set(answer.json()["error"]) == {"code", "message"}
    return answer.status_code


def expire(connection: Connection) -> None:
    long_ago = moved(utc_now(), -timedelta(hours=2))
    connection.execute(update(tokens).values(expires_at=long_ago))
    connection.execute(update(sessions).values(seen_at=long_ago))


def test_every_route_says_who_may_use_it() -> None:
    assert {route for route, role in ROUTES.items() if role is None} == OPEN
    assert {route for route in CHANGES if ROUTES[route] is Role.VIEWER} == OWN
    assert len(GUARDED) >= 10


@pytest.mark.parametrize("route", GUARDED, ids=" ".join)
def test_nobody_gets_in_who_does_not_prove_who_it_is(program: Program, route: Route) -> None:
    token, session = program.token(ADMINISTRATOR), program.session(ADMINISTRATOR)
    program.store.change(expire)
    before = program.content("sessions", "tokens", "audit")
    nobodies: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer jg1_" + "x" * 43},
        {"Authorization": "Basic YWRhbTpwYXNzd29yZA=="},
        {"Cookie": "jumpguard-session=" + "x" * 43, "X-CSRF-Token": ""},
        token,
        session,
        # A bad token is not made good by a good session.
        program.session(ADMINISTRATOR) | {"Authorization": "Bearer jg1_"},
    ]
    assert [call(program, route, headers) for headers in nobodies] == [401] * len(nobodies)
    assert program.content("sessions", "tokens", "audit") == before


@pytest.mark.parametrize("route", CHANGES, ids=" ".join)
def test_no_other_page_changes_anything_with_a_session_that_is_open(program: Program, route: Route) -> None:
    other = program.session(ADMINISTRATOR)["X-CSRF-Token"]
    before = program.content("sessions")
    for csrf in ("", "x" * 43, other):
        assert call(program, route, program.session(ADMINISTRATOR) | {"X-CSRF-Token": csrf}) == 403
    assert program.content("sessions") == before


Headers = Callable[[Program, Actor], dict[str, str]]


@pytest.mark.parametrize("by", [Program.session, Program.token], ids=["session", "token"])
@pytest.mark.parametrize("actor", PEOPLE, ids=lambda actor: actor.role.value)
@pytest.mark.parametrize("route", GUARDED, ids=" ".join)
def test_each_role_may_do_its_own_and_no_more(program: Program, route: Route, actor: Actor, by: Headers) -> None:
    needed = ROUTES[route]
    assert needed is not None
    headers = by(program, actor)
    before = program.content("sessions")
    status = call(program, route, headers)
    assert status < 500
    if actor.role < needed:
        assert status == 403
    elif by is Program.session:
        assert status not in (401, 403)
    if actor.role < needed or route[0] in HARMLESS:
        assert program.content("sessions") == before


@pytest.mark.parametrize("route", sorted(set(CHANGES) - OWN), ids=" ".join)
@pytest.mark.parametrize("by", [Program.session, Program.token], ids=["session", "token"])
def test_a_viewer_changes_nothing(program: Program, route: Route, by: Headers) -> None:
    headers = by(program, VIEWER)
    before = program.content()
    assert call(program, route, headers) == 403
    assert program.content() == before


def test_an_operators_token_for_looking_changes_nothing(program: Program) -> None:
    headers = program.token(OPERATOR, Role.VIEWER)
    before = program.content()
    for route in sorted(set(CHANGES) - OWN):
        assert call(program, route, headers) == 403
    assert program.content() == before
