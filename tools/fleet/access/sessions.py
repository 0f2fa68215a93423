"""Sessions of browsers: begun by a log-in, ended by a log-out, by time, or when the user changes."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select, update

from tools.fleet.access import secret
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.tables import sessions, users
from tools.fleet.times import moved, utc_now

# Without a request it ends after the first, in any case after the second: a shift with what comes before and after it.
IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
# How old `seen_at` may get before a request is worth a write.
TOUCHED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that goes on. A request that changes something has to repeat `csrf`."""

    hash: str
    actor: Actor
    csrf: str
    language: str
    seen_at: str

    def is_csrf(self, text: str) -> bool:
        """Whether `text` is this session's `csrf`, in a time that tells nothing."""
        return secrets.compare_digest(self.csrf.encode(), text.encode("utf-8", "surrogatepass"))

    def is_to_be_touched(self, now: str) -> bool:
        """Whether `touch` is due at `now`."""
        return self.seen_at < moved(now, -TOUCHED_EVERY)


def begin(connection: Connection, name: str) -> str:
    """Begin a session of the user `name`; returns its secret, for the cookie. Those that are over are tidied away."""
    now, drawn = utc_now(), secret.drawn()
    over = (sessions.c.seen_at < moved(now, -IDLE)) | (sessions.c.created_at < moved(now, -LONGEST))
    connection.execute(delete(sessions).where(over))
    row = {
        "hash": secret.hash_of(drawn),
        "user": name,
        "csrf": secret.drawn(),
        "created_at": now,
        "seen_at": now,
    }
    connection.execute(insert(sessions), row)
    return drawn


def find(connection: Connection, drawn: str, now: str) -> Session | None:
    """The session with the secret `drawn`, if it goes on at `now` and its user may be here."""
    goes_on = (sessions.c.seen_at >= moved(now, -IDLE)) & (sessions.c.created_at >= moved(now, -LONGEST))
    row = connection.execute(
        select(sessions, users.c.role, users.c.language)
        .join(users, users.c.name == sessions.c.user)
        .where((sessions.c.hash == secret.hash_of(drawn)) & goes_on & users.c.disabled_at.is_(None))
    ).first()
    if row is None:
        return None
    return Session(row.hash, Actor(row.user, Role(row.role)), row.csrf, row.language, row.seen_at)


def touch(connection: Connection, session: Session, now: str) -> None:
    """Somebody is there at `now`; the caller commits."""
    connection.execute(update(sessions).where(sessions.c.hash == session.hash).values(seen_at=now))


def end(connection: Connection, drawn: str) -> None:
    """End the session with the secret `drawn`, if there is one; the caller commits."""
    connection.execute(delete(sessions).where(sessions.c.hash == secret.hash_of(drawn)))


def end_all(connection: Connection, name: str) -> None:
    """End every session of the user `name`; the caller commits."""
    connection.execute(delete(sessions).where(sessions.c.user == name))
