"""Users: who may change them, and that somebody always can."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select

from tests.tools.fleet.access.people import ADMINISTRATOR, CLI, OPERATOR, PEOPLE, VIEWER, add_people, password_hash
from tools.fleet.access import sessions, tokens, users
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.passwords import is_right
from tools.fleet.access.tables import audit
from tools.fleet.access.tables import users as table
from tools.fleet.errors import AccessError, ForbiddenError
from tools.fleet.times import utc_now

Change = Callable[[Connection, Actor], object]
CHANGES: dict[str, Change] = {
    "user.add": lambda c, a: users.add(c, a, "new", Role.VIEWER, password_hash()),
    "user.password": lambda c, a: users.set_password(c, a, "王芳", password_hash()),
    "user.role": lambda c, a: users.set_role(c, a, "王芳", Role.VIEWER),
    "user.disable": lambda c, a: users.disable(c, a, "王芳"),
}


@pytest.fixture(autouse=True)
def people(connection: Connection) -> None:
    add_people(connection)


@pytest.mark.parametrize("action", CHANGES)
def test_an_administrator_changes_users_and_it_is_noted(connection: Connection, action: str) -> None:
    for actor in (CLI, ADMINISTRATOR):
        before = len(connection.execute(select(audit)).all())
        if action == "user.add":
            users.add(connection, actor, f"new of {actor.role} {before}", Role.VIEWER, password_hash())
        else:
            CHANGES[action](connection, actor)
        noted = connection.execute(select(audit).order_by(audit.c.id)).all()[before:]
        # What is so already is no change.
        assert [row.action for row in noted] == [action] * (actor is CLI or action in ("user.add", "user.password"))
        assert all(row.by == actor.name and "argon2" not in row.detail for row in noted)


@pytest.mark.parametrize("actor", [VIEWER, Actor("other", Role.OPERATOR)])
@pytest.mark.parametrize("action", CHANGES)
def test_nobody_else_does(connection: Connection, action: str, actor: Actor) -> None:
    before = connection.execute(select(table)).all()
    with pytest.raises(ForbiddenError):
        CHANGES[action](connection, actor)
    assert connection.execute(select(table)).all() == before


def test_users_are_listed_by_name(connection: Connection) -> None:
    assert [(user.name, user.role) for user in users.listed(connection)] == sorted(
        (one.name, one.role) for one in PEOPLE
    )


@pytest.mark.parametrize("name", ["", "x" * 101, " x", "x ", "a\nb", "\ud800", "\0", "cli:root", "vera"])
def test_a_name_that_is_none_or_taken_is_refused(connection: Connection, name: str) -> None:
    with pytest.raises(AccessError):
        users.add(connection, CLI, name, Role.VIEWER, password_hash())


@pytest.mark.parametrize("name", ["x", "x" * 100, "赵敏", "<script>alert(1)</script>", "'; DROP TABLE users; --"])
def test_any_other_name_is_a_name(connection: Connection, name: str) -> None:
    users.add(connection, CLI, name, Role.VIEWER, password_hash())
    assert users.found(connection, name).name == name


@pytest.mark.parametrize("change", ["user.password", "user.role", "user.disable"])
def test_a_change_ends_the_users_sessions_and_nobody_elses(connection: Connection, change: str) -> None:
    own, other = sessions.begin(connection, "王芳"), sessions.begin(connection, "adam")
    CHANGES[change](connection, CLI)
    assert sessions.find(connection, own, utc_now()) is None
    assert sessions.find(connection, other, utc_now()) is not None


def test_a_disabled_user_has_no_token_left_even_when_enabled_again(connection: Connection) -> None:
    _, own = tokens.make(connection, OPERATOR, "王芳", "report", Role.VIEWER, 30)
    assert tokens.find(connection, own, utc_now()) is not None
    users.disable(connection, CLI, "王芳")
    users.enable(connection, CLI, "王芳")
    assert users.found(connection, "王芳").disabled_at is None
    assert tokens.find(connection, own, utc_now()) is None


def test_the_last_administrator_stays(connection: Connection) -> None:
    with pytest.raises(AccessError, match="last administrator"):
        users.disable(connection, ADMINISTRATOR, "adam")
    with pytest.raises(AccessError, match="last administrator"):
        users.set_role(connection, CLI, "adam", Role.OPERATOR)
    users.set_role(connection, ADMINISTRATOR, "王芳", Role.ADMINISTRATOR)
    users.disable(connection, ADMINISTRATOR, "adam")
    with pytest.raises(AccessError, match="last administrator"):
        users.disable(connection, CLI, "王芳")


def test_who_comes_by_a_provider_gets_no_password(connection: Connection) -> None:
    users.add(connection, CLI, "olga", Role.VIEWER, password_hash(), subject="0a1b")
    with pytest.raises(AccessError, match="identity provider"):
        users.set_password(connection, CLI, "olga", password_hash())


def test_the_first_administrator_is_made_once(connection: Connection) -> None:
    connection.execute(table.delete())
    made = users.first_administrator(connection)
    assert made is not None
    name, password = made
    kept = connection.execute(select(table.c.password).where(table.c.name == name)).scalar_one()
    assert is_right(password, kept) and users.found(connection, name).role is Role.ADMINISTRATOR
    assert users.first_administrator(connection) is None
