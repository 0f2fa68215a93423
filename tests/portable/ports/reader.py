"""A contactless reader whose field holds the scripted cards of `test_card_flow`."""

import asyncio

from agent.errors import CardError, CardGoneError, ReaderError
from tests.portable.test_card_flow import (
    GPO,
    GPO_NOTHING,
    SELECT_UNIONPAY,
    UNIONPAY,
    ScriptedCard,
    selected,
    unionpay,
)

# What must never be seen outside the card and the acquirer's message: the test card's number and track 2, whole and in
# the part that may not be shown.
SECRETS = ("6212345678901232", "345678901", "D2912", "2912201000001230000", "1122334455667788")


def tapped() -> ScriptedCard:
    """The UnionPay card without a list of wishes, so that each sale asks it the same."""
    answers = unionpay()
    answers[SELECT_UNIONPAY] = selected(UNIONPAY, "")
    answers[GPO_NOTHING] = answers[GPO]
    return ScriptedCard(answers)


class ScriptedReader:
    """Implements `agent.card.ports.Reader`. `card` is in the field; with None, nothing comes until `present`.

    `faults` are raised by the next calls, in order, by the name of the call.
    """

    def __init__(self) -> None:
        self.card: "ScriptedCard | None" = tapped()
        self.faults: "dict[str, list[Exception]]" = {}
        self.calls: "list[str]" = []
        self.is_open = False
        self.waiting = asyncio.Event()
        self.in_time = True
        self.slow_start: "asyncio.Event | None" = None
        self.slow_stop: "asyncio.Event | None" = None
        self._came = asyncio.Event()

    def present(self) -> None:
        """A card comes into the field."""
        self.card = tapped()
        self._came.set()

    def apdus(self) -> int:
        """How many commands reached a card."""
        return self.calls.count("transceive")

    async def start(self) -> None:
        self._note("start")
        assert not self.is_open, "the reader is open already"
        if self.slow_start is not None:
            await self.slow_start.wait()
            assert not self.is_open, "two opened the reader at a time"
        self.is_open = True

    async def stop(self) -> None:
        self._note("stop")
        if self.slow_stop is not None:
            await self.slow_stop.wait()
        self.is_open = False

    async def wait_for_card(self, timeout_ms: int) -> bool:
        self._note("wait")
        if not self.is_open:
            raise ReaderError("reader: not open")
        self.waiting.set()
        if not self.in_time:
            return False
        while self.card is None:
            await self._came.wait()
        return True

    async def transceive(self, apdu: bytes) -> bytes:
        self._note("transceive")
        await asyncio.sleep(0)
        if self.card is None:
            raise CardGoneError("the card left the field")
        return await self.card.transceive(apdu)

    async def release(self) -> None:
        self._note("release")

    def _note(self, call: str) -> None:
        self.calls.append(call)
        faults = self.faults.get(call, [])
        if faults:
            raise faults.pop(0)


def no_payment_card() -> CardError:
    """What a reader says of a card that does not speak ISO/IEC 14443-4."""
    return CardError("CARD_NO_PPSE", "the card does not speak ISO/IEC 14443-4")
