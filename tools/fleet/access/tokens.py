"""Tokens of programs that use the REST API: `jg1_` and a secret. They end by time, when revoked, or with the user."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from tools.fleet.access import secret
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.access.tables import tokens, users
from tools.fleet.access.users import found
from tools.fleet.errors import AccessError, MissingError
from tools.fleet.times import moved, utc_now

# So that one that slipped into a file or a log is found there.
PREFIX = "jg1_"
MOST_DAYS = 366
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed; `name` says what it is for."""

    id: int
    name: str
    user: str
    role: Role
    created_at: str
    expires_at: str
    revoked_at: str | None


def make(connection: Connection, actor: Actor, user: str, name: str, role: Role, days: int) -> tuple[int, str]:
    """Make a token of `user` that lasts `days`: its number, and the token itself, which is told this once.

    Raises ForbiddenError for another's token or for a role above one's own, AccessError for a name or a time that is
    none, and for a role above the user's.
    """
    owner = found(connection, user)
    if actor.name != owner.name:
        actor.must_be(Role.ADMINISTRATOR)
    actor.must_be(role)
    if role > owner.role or owner.disabled_at is not None:
        state = "disabled" if owner.disabled_at is not None else str(owner.role)
        raise AccessError(f"token: {owner.name} is {state}; give it to a user with the role {role}")
    if not 1 <= days <= MOST_DAYS or not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise AccessError(
            f"token: it lasts 1 to {MOST_DAYS} days, and its name has 1 to {LONGEST_NAME} characters that print"
        )
    now, drawn = utc_now(), PREFIX + secret.drawn()
    row = {
        "hash": secret.hash_of(drawn),
        "name": name,
        "user": owner.name,
        "role": role.value,
        "created_at": now,
        "expires_at": moved(now, timedelta(days=days)),
    }
    number = int(connection.execute(insert(tokens).returning(tokens.c.id), row).scalar_one())
    note(connection, actor, "token.make", f"token {number}", user=owner.name, name=name, role=role.value, days=days)
    return number, drawn


def find(connection: Connection, drawn: str, now: str) -> Actor | None:
    """Whose token `drawn` is, if it counts at `now`: with its role, or with the user's where that is less by now."""
    if not drawn.startswith(PREFIX):
        return None
    row = connection.execute(
        select(tokens.c.id, tokens.c.user, tokens.c.role, users.c.role.label("owner_role"))
        .join(users, users.c.name == tokens.c.user)
        .where((tokens.c.hash == secret.hash_of(drawn)) & (tokens.c.expires_at > now))
        .where(tokens.c.revoked_at.is_(None) & users.c.disabled_at.is_(None))
    ).first()
    if row is None:
        return None
    return Actor(f"{row.user} token:{row.id}", min(Role(row.role), Role(row.owner_role)))


def listed(connection: Connection, user: str | None = None) -> list[Token]:
    """The tokens of `user` or of all, oldest first; those that are over as well."""
    query = select(*(tokens.c[name] for name in Token.__slots__)).order_by(tokens.c.id)
    if user is not None:
        query = query.where(tokens.c.user == user)
    return [Token(**row._asdict() | {"role": Role(row.role)}) for row in connection.execute(query)]


def revoke(connection: Connection, actor: Actor, number: int) -> None:
    """Let a token count no more. Raises MissingError when there is none of this number, or another's."""
    row = connection.execute(select(tokens.c.user, tokens.c.revoked_at).where(tokens.c.id == number)).first()
    if row is None or (row.user != actor.name and not actor.may_be(Role.ADMINISTRATOR)):
        # The same for another's: what there is of others is nobody's business.
        raise MissingError(f"token {number}: you have none of this number")
    if row.revoked_at is None:
        connection.execute(update(tokens).where(tokens.c.id == number).values(revoked_at=utc_now()))
        note(connection, actor, "token.revoke", f"token {number}", user=row.user)
