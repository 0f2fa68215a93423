"""Coming in by password, session and token."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select

from tests.tools.fleet.access.people import CLI, OPERATOR, PASSWORD, add_people
from tools.fleet.access import sessions, tokens, users
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.attempts import FREE
from tools.fleet.access.door import Door
from tools.fleet.access.passwords import is_outdated
from tools.fleet.access.tables import audit
from tools.fleet.access.tables import sessions as sessions_table
from tools.fleet.access.tables import users as table
from tools.fleet.errors import AccessError, StrangerError, TooManyTriesError
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.times import moved, utc_now

HERE = "192.0.2.1"


@pytest.fixture
def door(engine: Engine, tmp_path: Path) -> Iterator[Door]:
    with engine.begin() as connection:
        add_people(connection)
    store = OpenStore(Place(tmp_path))
    yield Door(store)
    store.close()


def test_name_and_password_begin_a_session(door: Door, engine: Engine) -> None:
    drawn = door.log_in("王芳", PASSWORD, HERE)
    with engine.begin() as connection:
        found = sessions.find(connection, drawn, utc_now())
        noted = connection.execute(select(audit).order_by(audit.c.id.desc())).first()
    assert found is not None and found.actor == OPERATOR
    assert noted is not None and (noted.by, noted.action, HERE in noted.detail) == ("王芳", "session.begin", True)


@pytest.mark.parametrize(
    ("name", "password"),
    [("王芳", PASSWORD + "x"), ("nobody", PASSWORD), ("", ""), ("王芳", ""), ("\0", "\0"), ("\ud800", "\ud800")],
)
def test_anything_else_is_refused_and_does_not_say_why(door: Door, name: str, password: str) -> None:
    with pytest.raises(StrangerError, match=r"\Alog in: name or password is wrong\Z"):
        door.log_in(name, password, HERE)


def test_a_disabled_user_is_refused_the_same_way(door: Door, engine: Engine) -> None:
    with engine.begin() as connection:
        users.disable(connection, CLI, "王芳")
    with pytest.raises(StrangerError, match="name or password is wrong"):
        door.log_in("王芳", PASSWORD, HERE)


def test_a_name_that_there_is_not_takes_as_long_as_one_that_there_is(door: Door) -> None:
    def seconds(name: str) -> float:
        before = time.thread_time()
        with pytest.raises(StrangerError):
            door.log_in(name, "a wrong password", f"addr {name} {before}")
        return time.thread_time() - before

    seconds("nobody")
    known, unknown = min(seconds("vera") for _ in range(3)), min(seconds("nobody") for _ in range(3))
    assert unknown > known / 2


def test_guessing_gets_slow(door: Door) -> None:
    for _ in range(FREE):
        with pytest.raises(StrangerError):
            door.log_in("王芳", "a wrong password", HERE)
    with pytest.raises(TooManyTriesError):
        door.log_in("王芳", PASSWORD, HERE)


def test_an_outdated_hash_is_renewed_at_the_next_log_in(door: Door, engine: Engine) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    with engine.begin() as connection:
        connection.execute(table.update().where(table.c.name == "王芳").values(password=old))
    door.log_in("王芳", PASSWORD, HERE)
    with engine.begin() as connection:
        kept = connection.execute(select(table.c.password).where(table.c.name == "王芳")).scalar_one()
    assert kept != old and not is_outdated(kept)
    door.log_in("王芳", PASSWORD, HERE)


def test_who_knows_the_old_password_gets_a_new_one_and_has_to_log_in_again(door: Door, engine: Engine) -> None:
    drawn = door.log_in("王芳", PASSWORD, HERE)
    with pytest.raises(StrangerError):
        door.change_password(OPERATOR, "a wrong password", "another password", HERE)
    with pytest.raises(AccessError):
        door.change_password(OPERATOR, PASSWORD, "short", HERE)
    door.change_password(OPERATOR, PASSWORD, "another password", HERE)
    with engine.begin() as connection:
        assert sessions.find(connection, drawn, utc_now()) is None
    with pytest.raises(StrangerError):
        door.log_in("王芳", PASSWORD, HERE)
    door.log_in("王芳", "another password", HERE)


def test_who_comes_by_a_provider_cannot_log_in_with_a_password(door: Door, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(table.update().where(table.c.name == "王芳").values(password="", subject="0a1b"))
    for password in ("", PASSWORD):
        with pytest.raises(StrangerError):
            door.log_in("王芳", password, HERE)


def test_a_request_keeps_a_session_going_and_a_mere_look_does_not(door: Door, engine: Engine) -> None:
    drawn = door.log_in("王芳", PASSWORD, HERE)
    before = moved(utc_now(), -timedelta(minutes=5))
    with engine.begin() as connection:
        connection.execute(sessions_table.update().values(seen_at=before))
    seen = [found.seen_at for touch in (False, True, False) if (found := door.session(drawn, touch=touch))]
    assert seen[:2] == [before, before] and seen[2] > before
    door.log_out(drawn)
    assert door.session(drawn) is None


def test_a_token_is_let_in(door: Door, engine: Engine) -> None:
    with engine.begin() as connection:
        number, drawn = tokens.make(connection, OPERATOR, "王芳", "report", Role.VIEWER, 1)
    assert door.token(drawn) == Actor(f"王芳 token:{number}", Role.VIEWER)
    assert door.token("jg1_another") is None
