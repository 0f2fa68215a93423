"""The log-in by password."""

import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select

from tests.tools.fleet.access.people import CLI, OPERATOR, PASSWORD, add_people
from tools.fleet.access import sessions, users
from tools.fleet.access.attempts import FREE
from tools.fleet.access.entrance import Entrance
from tools.fleet.access.passwords import is_outdated
from tools.fleet.access.tables import audit
from tools.fleet.access.tables import users as table
from tools.fleet.errors import AccessError, StrangerError, TooManyTriesError
from tools.fleet.place import Place
from tools.fleet.times import utc_now

HERE = "192.0.2.1"


@pytest.fixture
def entrance(engine: Engine, tmp_path: Path) -> Entrance:
    with engine.begin() as connection:
        add_people(connection)
    return Entrance(Place(tmp_path).reading(), engine)


def test_name_and_password_begin_a_session(entrance: Entrance, engine: Engine) -> None:
    drawn = entrance.log_in("王芳", PASSWORD, HERE)
    with engine.begin() as connection:
        found = sessions.find(connection, drawn, utc_now())
        noted = connection.execute(select(audit).order_by(audit.c.id.desc())).first()
    assert found is not None and found.actor == OPERATOR
    assert noted is not None and (noted.by, noted.action, HERE in noted.detail) == ("王芳", "session.begin", True)


@pytest.mark.parametrize(
    ("name", "password"),
    [("王芳", PASSWORD + "x"), ("nobody", PASSWORD), ("", ""), ("王芳", ""), ("\0", "\0"), ("\ud800", "\ud800")],
)
def test_anything_else_is_refused_and_does_not_say_why(entrance: Entrance, name: str, password: str) -> None:
    with pytest.raises(StrangerError, match=r"\Alog in: name or password is wrong\Z"):
        entrance.log_in(name, password, HERE)


def test_a_disabled_user_is_refused_the_same_way(entrance: Entrance, engine: Engine) -> None:
    with engine.begin() as connection:
        users.disable(connection, CLI, "王芳")
    with pytest.raises(StrangerError, match="name or password is wrong"):
        entrance.log_in("王芳", PASSWORD, HERE)


def test_a_name_that_there_is_not_takes_as_long_as_one_that_there_is(entrance: Entrance) -> None:
    def seconds(name: str) -> float:
        before = time.thread_time()
        with pytest.raises(StrangerError):
            entrance.log_in(name, "a wrong password", f"addr {name} {before}")
        return time.thread_time() - before

    seconds("nobody")
    known, unknown = min(seconds("vera") for _ in range(3)), min(seconds("nobody") for _ in range(3))
    assert unknown > known / 2


def test_guessing_gets_slow(entrance: Entrance) -> None:
    for _ in range(FREE):
        with pytest.raises(StrangerError):
            entrance.log_in("王芳", "a wrong password", HERE)
    with pytest.raises(TooManyTriesError):
        entrance.log_in("王芳", PASSWORD, HERE)


def test_an_outdated_hash_is_renewed_at_the_next_log_in(entrance: Entrance, engine: Engine) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    with engine.begin() as connection:
        connection.execute(table.update().where(table.c.name == "王芳").values(password=old))
    entrance.log_in("王芳", PASSWORD, HERE)
    with engine.begin() as connection:
        kept = connection.execute(select(table.c.password).where(table.c.name == "王芳")).scalar_one()
    assert kept != old and not is_outdated(kept)
    entrance.log_in("王芳", PASSWORD, HERE)


def test_who_knows_the_old_password_gets_a_new_one_and_has_to_log_in_again(entrance: Entrance, engine: Engine) -> None:
    drawn = entrance.log_in("王芳", PASSWORD, HERE)
    with pytest.raises(StrangerError):
        entrance.change_password(OPERATOR, "a wrong password", "another password", HERE)
    with pytest.raises(AccessError):
        entrance.change_password(OPERATOR, PASSWORD, "short", HERE)
    entrance.change_password(OPERATOR, PASSWORD, "another password", HERE)
    with engine.begin() as connection:
        assert sessions.find(connection, drawn, utc_now()) is None
    with pytest.raises(StrangerError):
        entrance.log_in("王芳", PASSWORD, HERE)
    entrance.log_in("王芳", "another password", HERE)


def test_who_comes_by_a_provider_cannot_log_in_with_a_password(entrance: Entrance, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(table.update().where(table.c.name == "王芳").values(password="", subject="0a1b"))
    for password in ("", PASSWORD):
        with pytest.raises(StrangerError):
            entrance.log_in("王芳", password, HERE)
