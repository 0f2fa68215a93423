"""The people who may use the fleet's pages. Changes are made by administrators, and noted."""

import unicodedata
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from tools.fleet.access import sessions
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.access.passwords import PasswordHash, drawn, hashed
from tools.fleet.access.tables import tokens, users
from tools.fleet.errors import AccessError, MissingError, StrangerError
from tools.fleet.times import utc_now

LONGEST_NAME = 100
FIRST = "admin"
_PROVIDER = Actor("oidc:provider", Role.ADMINISTRATOR)
_SETUP = Actor("cli:setup", Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class User:
    """A user; `subject` is that of the identity provider by which one comes, "" who comes by password."""

    name: str
    role: Role
    subject: str
    language: str
    created_at: str
    disabled_at: str | None


def found(connection: Connection, name: str) -> User:
    """The user `name`. Raises MissingError when there is none."""
    # A database does not even look for what no name can be: a NUL, half of a surrogate pair.
    query = select(*_COLUMNS).where(users.c.name == normal(name))
    row = connection.execute(query).first() if name.isprintable() else None
    if row is None:
        raise MissingError(f"user {name[:LONGEST_NAME]!r}: there is none; see `jumpguard fleet users`")
    return _user(row._asdict())


def listed(connection: Connection) -> list[User]:
    """All users, by name."""
    return [_user(row._asdict()) for row in connection.execute(select(*_COLUMNS).order_by(users.c.name))]


def add(connection: Connection, actor: Actor, name: str, role: Role, password: PasswordHash, subject: str = "") -> None:
    """Make the user `name`. Raises ForbiddenError, or AccessError for a name that is taken or none."""
    actor.must_be(Role.ADMINISTRATOR)
    name = normal(name)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip() or ":" in name:
        raise AccessError(f"user: a name is 1 to {LONGEST_NAME} characters that print, without a colon")
    if connection.execute(select(users.c.name).where(users.c.name == name)).first() is not None:
        raise AccessError(f"user {name!r}: there is one already")
    row = {
        "name": name,
        "role": role.value,
        "password": password,
        "subject": subject,
        "language": "",
        "created_at": utc_now(),
    }
    connection.execute(insert(users), row)
    note(connection, actor, "user.add", name, role=role.value)


def set_password(connection: Connection, actor: Actor, name: str, password: PasswordHash) -> None:
    """Give a user another password, and end the sessions. Raises ForbiddenError, MissingError or AccessError."""
    user = found(connection, name)
    if actor.name != user.name:
        actor.must_be(Role.ADMINISTRATOR)
    if user.subject:
        raise AccessError(f"user {user.name!r}: has no password here, and logs in at the identity provider")
    connection.execute(update(users).where(users.c.name == user.name).values(password=password))
    sessions.end_all(connection, user.name)
    note(connection, actor, "user.password", user.name)


def set_role(connection: Connection, actor: Actor, name: str, role: Role) -> None:
    """Give a user another role, and end the sessions. The last administrator keeps it: AccessError.

    Raises ForbiddenError and MissingError, too.
    """
    actor.must_be(Role.ADMINISTRATOR)
    user = found(connection, name)
    if role is user.role:
        return
    _check_not_last(connection, user)
    connection.execute(update(users).where(users.c.name == user.name).values(role=role.value))
    sessions.end_all(connection, user.name)
    note(connection, actor, "user.role", user.name, role=role.value, before=user.role.value)


def disable(connection: Connection, actor: Actor, name: str) -> None:
    """Let a user in no more: sessions and tokens end. Raises as `set_role` does."""
    actor.must_be(Role.ADMINISTRATOR)
    user = found(connection, name)
    if user.disabled_at is not None:
        return
    _check_not_last(connection, user)
    now = utc_now()
    connection.execute(update(users).where(users.c.name == user.name).values(disabled_at=now))
    connection.execute(
        update(tokens).where((tokens.c.user == user.name) & tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    sessions.end_all(connection, user.name)
    note(connection, actor, "user.disable", user.name)


def enable(connection: Connection, actor: Actor, name: str) -> None:
    """Let a disabled user in again; the tokens stay revoked. Raises ForbiddenError or MissingError."""
    actor.must_be(Role.ADMINISTRATOR)
    user = found(connection, name)
    if user.disabled_at is not None:
        connection.execute(update(users).where(users.c.name == user.name).values(disabled_at=None))
        note(connection, actor, "user.enable", user.name)


def change(
    connection: Connection,
    actor: Actor,
    name: str,
    role: Role | None,
    password: PasswordHash | None,
    disabled: bool | None,
) -> None:
    """All changes of a user at once, of those that are not None. Raises what each of them raises."""
    actor.must_be(Role.ADMINISTRATOR)
    if role is not None:
        set_role(connection, actor, name, role)
    if password is not None:
        set_password(connection, actor, name, password)
    if disabled is not None:
        (disable if disabled else enable)(connection, actor, name)


def set_language(connection: Connection, name: str, language: str) -> None:
    """Note which of the pages' languages a user reads; the caller commits."""
    connection.execute(update(users).where(users.c.name == name).values(language=language))


def admit(connection: Connection, subject: str, name: str, role: Role) -> str:
    """Make or bring up to date the user whom an identity provider knows as `subject`; returns the user's name here.

    Raises StrangerError for one who is disabled, AccessError when another user has the `name`. The caller commits.
    """
    row = connection.execute(select(*_COLUMNS).where(users.c.subject == subject)).first()
    if row is None:
        add(connection, _PROVIDER, name, role, PasswordHash(""), subject)
        return normal(name)
    user = _user(row._asdict())
    if user.disabled_at is not None:
        raise StrangerError(f"user {user.name!r}: is disabled here")
    set_role(connection, _PROVIDER, user.name, role)
    return user.name


def first_administrator(connection: Connection) -> tuple[str, str] | None:
    """Make an administrator where there is no user at all: name and password, to be printed once; else None."""
    if connection.execute(select(users.c.name).limit(1)).first() is not None:
        return None
    password = drawn()
    add(connection, _SETUP, FIRST, Role.ADMINISTRATOR, hashed(password))
    return FIRST, password


def normal(name: str) -> str:
    """The same name whichever way a keyboard composes its characters."""
    return unicodedata.normalize("NFC", name)


_COLUMNS = (
    users.c.name,
    users.c.role,
    users.c.subject,
    users.c.language,
    users.c.created_at,
    users.c.disabled_at,
)


def _user(row: dict[str, str]) -> User:
    return User(**row | {"role": Role(row["role"])})  # type: ignore[arg-type]


def _check_not_last(connection: Connection, user: User) -> None:
    """Raise AccessError when without this one no administrator would be left."""
    if user.role is not Role.ADMINISTRATOR:
        return
    able = (users.c.role == Role.ADMINISTRATOR.value) & users.c.disabled_at.is_(None) & (users.c.name != user.name)
    if not connection.execute(select(func.count()).where(able)).scalar_one():
        raise AccessError(f"user {user.name!r}: the last administrator; make another one first")
