"""Who comes in, by password, session or token. Guessing is slow, and a name that there is not takes as long."""

from sqlalchemy import Connection, select, update

from tools.fleet.access import sessions, tokens, users
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.attempts import Attempts
from tools.fleet.access.audit import note
from tools.fleet.access.passwords import PasswordHash, hashed, is_outdated, is_right
from tools.fleet.access.sessions import Session
from tools.fleet.access.tables import users as users_table
from tools.fleet.errors import StrangerError
from tools.fleet.open_store import OpenStore
from tools.fleet.times import utc_now

_WRONG = "log in: name or password is wrong"


class Door:
    """Lets the users of `store` in; several threads may use it. Every method raises StoreError."""

    def __init__(self, store: OpenStore, attempts: Attempts | None = None) -> None:
        self._store = store
        self._attempts = attempts or Attempts()

    def log_in(self, name: str, password: str, address: str) -> str:
        """Begin a session for who comes from `address`; returns its secret. Raises StrangerError, TooManyTriesError."""
        name = users.normal(name)
        kept = self._prove(name, password, address)
        renewed = hashed(password) if is_outdated(kept) else kept
        return self._store.change(_begin, name, kept, renewed, address)

    def let_in(self, subject: str, name: str, role: Role, address: str) -> str:
        """Begin a session for whom an identity provider knows; returns its secret. Raises as `users.admit` does."""
        return self._store.change(_admit, subject, name, role, address)

    def session(self, drawn: str, touch: bool = True) -> Session | None:
        """The session with the secret `drawn`, if it goes on; `touch` it when that is a sign that somebody is there."""
        now = utc_now()
        found = self._store.ask(sessions.find, drawn, now)
        if touch and found is not None and found.is_to_be_touched(now):
            self._store.change(sessions.touch, found, now)
        return found

    def token(self, drawn: str) -> Actor | None:
        """Whose token `drawn` is, if it counts."""
        return self._store.ask(tokens.find, drawn, utc_now())

    def log_out(self, drawn: str) -> None:
        """End the session with the secret `drawn`; harmless when it is over."""
        self._store.change(sessions.end, drawn)

    def speak(self, drawn: str, language: str) -> None:
        """Keep the language that whoever's session it is reads, for every browser."""
        found = self.session(drawn)
        if found is not None and found.language != language:
            self._store.change(users.set_language, found.actor.name, language)

    def change_password(self, actor: Actor, old: str, new: str, address: str) -> None:
        """Give `actor` the password `new`, and end the sessions.

        Raises StrangerError or TooManyTriesError for the old one, AccessError for the new one.
        """
        self._prove(actor.name, old, address)
        self._store.change(users.set_password, actor, actor.name, hashed(new))

    def _prove(self, name: str, password: str, address: str) -> PasswordHash:
        """The hash of the user's password, once `password` is right."""
        self._attempts.begin(name, address)
        kept = self._store.ask(_kept, name) if name.isprintable() else ""
        if not is_right(password, kept):
            raise StrangerError(_WRONG)
        self._attempts.succeeded(name, address)
        return PasswordHash(kept)


def _kept(connection: Connection, name: str) -> str:
    able = (users_table.c.name == name) & users_table.c.disabled_at.is_(None)
    return connection.execute(select(users_table.c.password).where(able)).scalar() or ""


def _admit(connection: Connection, subject: str, name: str, role: Role, address: str) -> str:
    return _begun(connection, Actor(users.admit(connection, subject, name, role), role), address)


def _begin(connection: Connection, name: str, kept: str, renewed: str, address: str) -> str:
    # Between the look and now the user may have been disabled, or have got another password.
    still = users_table.c.disabled_at.is_(None) & (users_table.c.password == kept)
    done = connection.execute(update(users_table).where((users_table.c.name == name) & still).values(password=renewed))
    if not done.rowcount:
        raise StrangerError(_WRONG)
    return _begun(connection, Actor(name, users.found(connection, name).role), address)


def _begun(connection: Connection, actor: Actor, address: str) -> str:
    note(connection, actor, "session.begin", actor.name, address=address)
    return sessions.begin(connection, actor.name)
