"""What the core needs of a contactless reader."""

from agent.compat import Protocol


class Reader(Protocol):
    """One contactless reader, with at most one card in its field. One coroutine at a time calls it."""

    async def start(self) -> None:
        """Open the chip and switch the field on. Raises ReaderError."""

    async def stop(self) -> None:
        """Switch the field off and close the chip; harmless when it is not open."""

    async def wait_for_card(self, timeout_ms: int) -> bool:
        """Wait until a card is in the field and activated (ISO/IEC 14443-4); False when the time is over.

        Can be cancelled between two looks. Raises ReaderError when the chip fails, CardError for a card that does not
        speak ISO/IEC 14443-4.
        """

    async def transceive(self, apdu: bytes) -> bytes:
        """Send one command APDU and return the response with its status word (ISO/IEC 7816-4).

        Raises CardGoneError when the card does not answer, ReaderError when the chip does not.
        """

    async def release(self) -> None:
        """Let go of the card: deselect it where it is still there. Never raises for an absent card."""
