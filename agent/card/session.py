"""Asking for a card: the reader is opened where needed, the card is awaited, read and let go, or called off."""

import asyncio
import os

from agent import signals
from agent.card.flow import CardRead, read_card
from agent.card.ports import Reader
from agent.card.terminal_values import TerminalValues
from agent.clock import Clock
from agent.errors import CardError, ReaderError

CANCELLED = "CANCELLED"
CARD_TIMEOUT = "CARD_TIMEOUT"


class CardSession:
    """One card at a time from one reader. A reader that failed is opened anew for the next one."""

    def __init__(self, reader: Reader, lights: signals.Signals, clock: Clock, serial: str, wait_ms: int) -> None:
        self.reader = reader
        self.lights = lights
        self.clock = clock
        self.serial = serial
        self.wait_ms = wait_ms
        self._open = False
        # The terminal opens the reader ahead of the sales, one of which may open or close it meanwhile.
        self._opening = asyncio.Lock()
        # Between the call of `read` and the card in the field the wait can be called off.
        self._asking = False
        self._cancelled = False
        self._waiting: asyncio.Task[bool] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the reader is open: it was, when it was last used."""
        return self._open

    async def start(self) -> None:
        """Open the reader. Raises ReaderError; the next `read` tries again."""
        async with self._opening:
            if not self._open:
                await self.reader.start()
                self._open = True

    async def stop(self) -> None:
        """Close the reader."""
        async with self._opening:
            self._open = False
            await self.reader.stop()

    def cancel(self) -> bool:
        """Call off the wait for a card; False when none is awaited."""
        if not self._asking:
            return False
        self._cancelled = True
        if self._waiting is not None:
            self._waiting.cancel()
        return True

    async def read(self, amount: int, currency: str, trace: str, zone: str) -> CardRead:
        """Ask for a card, read it and let it go. `amount` is in minor units of `currency` (ISO 4217 digits),
        `trace` the sale's trace number, `zone` the binding's time zone.

        Raises CardError (with CANCELLED or CARD_TIMEOUT when no card came) or ReaderError.
        """
        self._asking = True
        self._cancelled = False
        try:
            await self.start()
            await self._await_card()
            return await self._read(amount, currency, trace, zone)
        except ReaderError:
            await self.stop()
            raise
        finally:
            self._asking = False

    async def _await_card(self) -> None:
        if self._cancelled:
            raise CardError(CANCELLED, "called off before a card was asked for")
        self.lights.show(signals.PRESENT_CARD)
        self._waiting = asyncio.create_task(self.reader.wait_for_card(self.wait_ms))
        try:
            came = await self._waiting
        except asyncio.CancelledError:
            if not self._cancelled:
                self._waiting.cancel()
                raise
            raise CardError(CANCELLED, "called off before a card came")
        finally:
            self._waiting = None
            self._asking = False
        if self._cancelled:
            # Called off in the moment in which the card came.
            await self.reader.release()
            raise CardError(CANCELLED, "called off as the card came")
        if not came:
            raise CardError(CARD_TIMEOUT, "no card came within {} ms".format(self.wait_ms))

    async def _read(self, amount: int, currency: str, trace: str, zone: str) -> CardRead:
        self.lights.show(signals.READING)
        now = self.clock.local(zone)
        values = TerminalValues(amount, currency, now[2:8], os.urandom(4), self.serial, int(trace))
        try:
            return await read_card(self.reader.transceive, values)
        finally:
            await self.reader.release()
