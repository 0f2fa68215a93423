"""Tokens of programs."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from tests.tools.fleet.access.people import ADMINISTRATOR, CLI, OPERATOR, VIEWER, add_people
from tools.fleet.access import tokens, users
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.tables import tokens as table
from tools.fleet.errors import AccessError, ForbiddenError, MissingError
from tools.fleet.times import moved, utc_now


@pytest.fixture(autouse=True)
def people(connection: Connection) -> None:
    add_people(connection)


def test_a_token_is_known_by_its_beginning_and_kept_as_a_hash(connection: Connection) -> None:
    number, drawn = tokens.make(connection, OPERATOR, "王芳", "nightly report", Role.VIEWER, 30)
    assert drawn.startswith("jg1_") and len(drawn) == 47
    assert drawn[4:] not in str(connection.execute(select(table)).all())
    assert tokens.find(connection, drawn, utc_now()) == Actor(f"王芳 token:{number}", Role.VIEWER)
    for other in ("", drawn[4:], drawn + "A", "jg1_", "jg1_\ud800"):
        assert tokens.find(connection, other, utc_now()) is None


@pytest.mark.parametrize(("maker", "role"), [(VIEWER, Role.OPERATOR), (OPERATOR, Role.ADMINISTRATOR)])
def test_nobody_makes_a_token_that_may_do_more_than_the_maker(connection: Connection, maker: Actor, role: Role) -> None:
    with pytest.raises(ForbiddenError):
        tokens.make(connection, maker, maker.name, "more", role, 1)
    with pytest.raises(AccessError):
        tokens.make(connection, ADMINISTRATOR, maker.name, "more", role, 1)
    with pytest.raises(ForbiddenError):
        tokens.make(connection, maker, "adam", "of another", Role.VIEWER, 1)


def test_an_administrator_makes_one_for_another_user(connection: Connection) -> None:
    _, drawn = tokens.make(connection, CLI, "vera", "screen", Role.VIEWER, 1)
    found = tokens.find(connection, drawn, utc_now())
    assert found is not None and found.role is Role.VIEWER


def test_a_token_may_no_more_than_its_user_may_by_now(connection: Connection) -> None:
    _, drawn = tokens.make(connection, OPERATOR, "王芳", "orders", Role.OPERATOR, 1)
    users.set_role(connection, CLI, "王芳", Role.VIEWER)
    found = tokens.find(connection, drawn, utc_now())
    assert found is not None and found.role is Role.VIEWER


def test_a_token_ends_by_time(connection: Connection) -> None:
    _, drawn = tokens.make(connection, OPERATOR, "王芳", "report", Role.VIEWER, 1)
    assert tokens.find(connection, drawn, moved(utc_now(), timedelta(hours=23))) is not None
    assert tokens.find(connection, drawn, moved(utc_now(), timedelta(hours=25))) is None


def test_a_token_ends_when_its_user_or_an_administrator_revokes_it(connection: Connection) -> None:
    for actor in (OPERATOR, ADMINISTRATOR):
        number, drawn = tokens.make(connection, OPERATOR, "王芳", "report", Role.VIEWER, 1)
        with pytest.raises(MissingError):
            tokens.revoke(connection, VIEWER, number)
        assert tokens.find(connection, drawn, utc_now()) is not None
        tokens.revoke(connection, actor, number)
        assert tokens.find(connection, drawn, utc_now()) is None
    with pytest.raises(MissingError):
        tokens.revoke(connection, ADMINISTRATOR, 1_000)
    assert [token.revoked_at is None for token in tokens.listed(connection, "王芳")] == [False, False]
    assert tokens.listed(connection, "vera") == []


@pytest.mark.parametrize(("name", "days"), [("", 1), ("x" * 101, 1), ("a\0", 1), ("x", 0), ("x", 367), ("x", 2**63)])
def test_a_name_or_a_time_that_is_none_is_refused(connection: Connection, name: str, days: int) -> None:
    with pytest.raises(AccessError):
        tokens.make(connection, OPERATOR, "王芳", name, Role.VIEWER, days)
