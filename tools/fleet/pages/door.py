"""How a browser gets in and out: by a password, and then by the session whose secret is in its cookie."""

from sqlalchemy import Engine

from tools.fleet.access import sessions, users
from tools.fleet.access.entrance import Entrance
from tools.fleet.access.sessions import Session
from tools.fleet.times import utc_now


class Door:
    """The users of one store, through which several threads may go. Every method raises SQLAlchemyError."""

    def __init__(self, reading: Engine, writing: Engine) -> None:
        self._reading = reading
        self._writing = writing
        self._entrance = Entrance(reading, writing)

    def log_in(self, name: str, password: str, address: str) -> str:
        """The secret of a new session, for a cookie. Raises StrangerError, TooManyTriesError."""
        return self._entrance.log_in(name, password, address)

    def session(self, secret: str) -> Session | None:
        """The session whose secret it is, in which somebody is there now; None when it is none, or over."""
        now = utc_now()
        with self._reading.connect() as connection:
            found = sessions.find(connection, secret, now)
        if found is not None and found.is_to_be_touched(now):
            with self._writing.begin() as connection:
                sessions.touch(connection, found, now)
        return found

    def log_out(self, secret: str) -> None:
        """End the session whose secret it is; harmless when it is none."""
        found = self.session(secret)
        if found is not None:
            with self._writing.begin() as connection:
                sessions.end(connection, found)

    def speak(self, secret: str, language: str) -> None:
        """Keep the language that somebody reads, for every browser."""
        found = self.session(secret)
        if found is not None and found.language != language:
            with self._writing.begin() as connection:
                users.set_language(connection, found.actor.name, language)
