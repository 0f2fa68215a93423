"""Users of the tests: one of each role, all with the same password, hashed once."""

from functools import cache

from sqlalchemy import Connection

from tools.fleet.access import users
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.passwords import PasswordHash, hashed

PASSWORD = "correct horse 电池"
CLI = Actor("cli:test", Role.ADMINISTRATOR)
VIEWER = Actor("vera", Role.VIEWER)
OPERATOR = Actor("王芳", Role.OPERATOR)
ADMINISTRATOR = Actor("adam", Role.ADMINISTRATOR)
PEOPLE = (VIEWER, OPERATOR, ADMINISTRATOR)


@cache
def password_hash() -> PasswordHash:
    return hashed(PASSWORD)


def add_people(connection: Connection) -> None:
    for one in PEOPLE:
        users.add(connection, CLI, one.name, one.role, password_hash())
