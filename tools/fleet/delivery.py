"""What connections deliver to the backend, and how they learn that it is stored."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias


class Message(Protocol):
    """One message that came, as paho has it."""

    @property
    def topic(self) -> str:
        """Where it was published. Raises UnicodeDecodeError when that is not UTF-8."""

    @property
    def payload(self) -> bytes | bytearray:
        """What was published."""

    @property
    def qos(self) -> int:
        """0 when nobody waits for it to be confirmed."""

    @property
    def retain(self) -> bool:
        """Whether the broker had kept it for a new subscriber."""


class Source(Protocol):
    """A connection that messages come over, and letters to terminals go."""

    def confirm(self, messages: Sequence[Message]) -> None:
        """Have the broker forget `messages`, which this source delivered. Harmless when the connection has ended."""

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Send `payload`. On a connection that has ended it is lost, and sent again."""


# Takes one message; from any thread, and never waiting.
Deliver: TypeAlias = Callable[[Source, Message], None]
