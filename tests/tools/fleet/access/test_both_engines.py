"""Users, sessions, tokens and their log are alike in SQLite and in PostgreSQL, whatever is asked of them."""

from pathlib import Path

import pytest

from tests.tools.fleet.access.people import CLI, OPERATOR, PASSWORD, VIEWER, add_people
from tests.tools.fleet.postgresql import READY, PostgreSQL
from tools.fleet.access import tokens, users
from tools.fleet.access.actor import Role
from tools.fleet.access.door import Door
from tools.fleet.errors import FleetError
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.schema import bring_up_to_date
from tools.fleet.times import utc_now
from tools.fleet.views.audit import noted
from tools.fleet.views.found import Page
from tools.fleet.views.metrics import metrics

HOSTILE = ("\0", "\ud800", "'; DROP TABLE users; --", "%s :x", "x" * 100_000, "ünïcödé 电池")


def refusals(door: Door, store: OpenStore) -> list[str]:
    """What is said to hostile names, secrets and tokens."""
    said = []
    for text in HOSTILE:
        for what in (
            lambda text=text: door.log_in(text, text, "192.0.2.1"),
            lambda text=text: store.change(users.disable, CLI, text),
            lambda text=text: store.change(tokens.make, CLI, text, text, Role.VIEWER, 1),
        ):
            with pytest.raises(FleetError) as refused:
                what()
            said.append(str(refused.value))
        assert door.session(text) is None and door.token(f"jg1_{text}") is None
    return said


def story(store: OpenStore) -> object:
    """What people do, and what is then told of it, without times and numbers that are drawn."""
    door = Door(store)
    store.change(add_people)
    drawn = door.log_in(OPERATOR.name, PASSWORD, "192.0.2.1")
    session = door.session(drawn)
    assert session is not None and door.session(drawn + "x") is None
    number, token = store.change(tokens.make, OPERATOR, OPERATOR.name, "report", Role.VIEWER, 30)
    known = door.token(token)
    store.change(users.set_role, CLI, OPERATOR.name, Role.ADMINISTRATOR)
    ended = door.session(drawn)
    store.change(users.disable, CLI, VIEWER.name)
    store.change(tokens.revoke, CLI, number)
    said = refusals(door, store)
    listed = [(user.name, user.role, user.disabled_at is None) for user in store.ask(users.listed)]
    log = store.ask(noted, Page(100))
    page = store.ask(noted, Page(2, 1), action="user.add")
    text = store.ask(metrics, utc_now())
    store.close()
    notes = [(each.by, each.action, each.subject, each.detail) for each in (*log.items, *page.items)]
    return session.actor, known, ended, said, listed, log.total, page.total, notes, sorted(text.splitlines())


def test_the_same_is_told_of_both(tmp_path: Path, postgresql: PostgreSQL) -> None:
    place = Place(tmp_path)
    engine = place.writing()
    bring_up_to_date(engine)
    engine.dispose()
    server = Place(tmp_path / "server")
    server.name_database(postgresql.database(READY))
    assert story(OpenStore(place)) == story(OpenStore(server))
