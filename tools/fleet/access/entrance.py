"""The log-in by password: slow for who guesses, as long for a name that there is not, and no transaction meanwhile."""

from sqlalchemy import Engine, select, update

from tools.fleet.access import sessions, users
from tools.fleet.access.actor import Actor
from tools.fleet.access.attempts import Attempts
from tools.fleet.access.audit import note
from tools.fleet.access.passwords import PasswordHash, hashed, is_outdated, is_right
from tools.fleet.access.tables import users as users_table
from tools.fleet.errors import StrangerError


class Entrance:
    """Lets users of one store in; several threads may use it."""

    def __init__(self, reading: Engine, writing: Engine, attempts: Attempts | None = None) -> None:
        self._reading = reading
        self._writing = writing
        self._attempts = attempts or Attempts()

    def log_in(self, name: str, password: str, address: str) -> str:
        """Begin a session for who comes from `address`; returns its secret. Raises StrangerError, TooManyTriesError."""
        name = users.normal(name)
        kept = self._prove(name, password, address)
        renewed = hashed(password) if is_outdated(kept) else None
        with self._writing.begin() as connection:
            # Between the look and now the user may have been disabled, or have got another password.
            still = users_table.c.disabled_at.is_(None) & (users_table.c.password == kept)
            values = {"password": renewed or kept}
            if not connection.execute(
                update(users_table).where((users_table.c.name == name) & still).values(values)
            ).rowcount:
                raise StrangerError(_WRONG)
            note(connection, Actor(name, users.found(connection, name).role), "session.begin", name, address=address)
            return sessions.begin(connection, name)

    def change_password(self, actor: Actor, old: str, new: str, address: str) -> None:
        """Give `actor` the password `new`. Raises StrangerError, TooManyTriesError or AccessError."""
        self._prove(actor.name, old, address)
        made = hashed(new)
        with self._writing.begin() as connection:
            users.set_password(connection, actor, actor.name, made)

    def _prove(self, name: str, password: str, address: str) -> PasswordHash:
        """The hash of the user's password, once `password` is right."""
        self._attempts.begin(name, address)
        kept = self._kept(name) if name.isprintable() else ""
        if not is_right(password, kept):
            raise StrangerError(_WRONG)
        self._attempts.succeeded(name, address)
        return PasswordHash(kept)

    def _kept(self, name: str) -> str:
        able = (users_table.c.name == name) & users_table.c.disabled_at.is_(None)
        with self._reading.connect() as connection:
            return connection.execute(select(users_table.c.password).where(able)).scalar() or ""


_WRONG = "log in: name or password is wrong"
