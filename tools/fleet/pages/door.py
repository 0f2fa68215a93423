"""Who comes in: names and passwords, and the sessions of those who gave them."""

import hmac
import secrets
from typing import Protocol

from tools.fleet.access.actor import Actor, Role

FIRST_NAME = "admin"


class Door(Protocol):
    """What the pages ask about whoever opens one."""

    def log_in(self, name: str, password: str) -> str | None:
        """The secret of a new session, for a cookie; None when name and password do not belong together."""

    def actor(self, secret: str) -> Actor | None:
        """Whose session `secret` is; None when it is none, or over."""

    def log_out(self, secret: str) -> None:
        """End the session `secret`."""


class FirstDoor:
    """One administrator, with a password made at the start; sessions end with the process."""

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(12)
        self._sessions: set[str] = set()

    def log_in(self, name: str, password: str) -> str | None:
        """See `Door.log_in`."""
        if name != FIRST_NAME or not hmac.compare_digest(password.encode(), self.password.encode()):
            return None
        secret = secrets.token_urlsafe(32)
        self._sessions.add(secret)
        return secret

    def actor(self, secret: str) -> Actor | None:
        """See `Door.actor`."""
        return Actor(FIRST_NAME, Role.ADMINISTRATOR) if secret in self._sessions else None

    def log_out(self, secret: str) -> None:
        """See `Door.log_out`."""
        self._sessions.discard(secret)
