"""What the core needs of an acquirer."""

from agent.compat import Protocol
from agent.messages import Message


class Acquirer(Protocol):
    """A connection to one acquirer under one terminal's keys. The core decides what an answer means.

    `host_request` is the processing request in the header of the last message, 0 for none: a hint that no MAC covers.
    """

    host_request: int

    async def sign_on(self, trace: str, batch: str, tid: str, mid: str, timeout_ms: int) -> Message:
        """Fetch the working keys (0800/0810) and return the answer; `trace` is DE 11, `batch` the batch of DE 60.

        Raises SignOnRefusedError with DE 39, or `KEYS` when the key check values are wrong, else as `send` and
        `receive`.
        """

    async def send(self, message: Message) -> None:
        """Connect where needed and send `message`, adding its MAC (DE 64).

        Raises AcquirerUnreachableError when nothing can have arrived, AcquirerLostError when it may have, MessageError
        when `message` has no wire form.
        """

    async def receive(self, timeout_ms: int) -> Message:
        """Return the next message from the acquirer, whatever it is; `authenticated` says whether its MAC is right.

        Raises AcquirerTimeoutError, AcquirerLostError, or MessageError for bytes that are no message (the connection
        stays usable when the frame was whole).
        """

    async def close(self) -> None:
        """End the connection; the working keys stay."""
