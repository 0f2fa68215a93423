"""What the link needs of TLS: the machine has the keys and certificates."""

import ssl
from typing import Any, Protocol


class Encryption(Protocol):
    """The encryption of one connection."""

    context: ssl.SSLContext

    def give_up(self) -> None:
        """End a handshake that may be under way on another thread."""

    def has_unread(self, sock: Any) -> bool:
        """Whether more was decrypted than was read: the system's socket looks empty then."""

    def why(self, answered: bool) -> str:
        """Why the connection ended, for people; `answered` says whether MQTT's CONNACK had come. "" when unknown."""


class Tls(Protocol):
    """How a link is encrypted."""

    async def ready(self) -> None:
        """Return once certificates can be judged, or cannot be waited for any longer."""

    def encryption(self) -> Encryption:
        """That of the next connection. Raises OSError or ValueError when a file cannot be used."""

    def accepted(self) -> None:
        """The connection that `encryption` was made for stands."""

    def refused(self) -> None:
        """One of its two ends did not take the other's certificate."""

    def explained(self, error: OSError) -> str:
        """What went wrong, for people."""
