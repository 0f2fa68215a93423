"""`/api/1/users`: who may log in, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints

from tools.fleet.access import passwords, users
from tools.fleet.access.actor import Role
from tools.fleet.access.users import User
from tools.fleet.api.caller import Administrator
from tools.fleet.api.forms import PRINTS, Body

router = APIRouter(prefix="/users", tags=["users"])

Name = Annotated[str, Path(min_length=1, max_length=users.LONGEST_NAME, pattern=PRINTS)]
Password = Annotated[str, StringConstraints(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)]
# JSON has no roles, only their words.
ARole = Annotated[Role, Field(strict=False)]


class NewUser(Body):
    """A user to be."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=users.LONGEST_NAME, pattern=PRINTS)]
    role: ARole
    password: Password


class Change(Body):
    """What is to be another one; what is left out stays."""

    role: ARole | None = None
    password: Password | None = None
    disabled: bool | None = None


@router.get("")
def listed(caller: Administrator) -> list[User]:
    """All users, by name."""
    return caller.ask(users.listed)


@router.post("", status_code=201)
def add(caller: Administrator, new: NewUser) -> User:
    """Make a user."""
    caller.by_person()
    caller.order(users.add, new.name, new.role, passwords.hashed(new.password))
    return caller.ask(users.found, new.name)


@router.patch("/{name}")
def change(caller: Administrator, name: Name, given: Change) -> User:
    """Change a user's role or password, disable or enable: the user's sessions end."""
    caller.by_person()
    password = None if given.password is None else passwords.hashed(given.password)
    caller.order(users.change, name, given.role, password, given.disabled)
    return caller.ask(users.found, name)
