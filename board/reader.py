"""The contactless reader: a PN532 on a serial port, driven by nfcpy. Implements `agent.card.ports.Reader`.

nfcpy blocks and belongs to one thread. Everything that touches it is in `_Frontend`, which only the single worker
thread of `NfcReader` ever calls, one call after the other.
"""

import asyncio
import contextlib
import errno
import logging
import os
import re
import termios
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

import nfc.clf
import nfc.clf.pn53x
import nfc.clf.pn532
import nfc.clf.transport
import nfc.tag

from agent.errors import CardError, CardGoneError, ReaderError

Result = TypeVar("Result")

# The first frame after a sleep may get lost, and noise may garble one: an open is tried again this often.
OPEN_RETRIES = 3
# SEL_RES bit 6: the card speaks ISO/IEC 14443-4. Phones set bit 7 (NFC-DEP) beside it.
SAK_ISO_DEP = 0x20
S_DESELECT = b"\xc2"
# ISO/IEC 14443-4, 7.2: the frame waiting time of a deselect is 4.8 ms.
DESELECT_TIMEOUT_S = 0.005
# nfcpy passes the port's name to a shell (stty) when it raises the speed.
SAFE_PORT = re.compile(r"[\w./:+@-]+")
REMEDY = (
    "check that the NFC HAT is strapped to UART, that this is its serial port and that no other process uses it, "
    "then stop and start the reader"
)
CHIP_ERRORS = (OSError, termios.error, IndexError, TypeError, nfc.clf.Error, nfc.clf.pn53x.Chipset.Error)
LINK_ERRORS = (nfc.clf.CommunicationError, nfc.tag.TagCommandError, IndexError)


@contextlib.contextmanager
def _as_io_error() -> Iterator[None]:
    try:
        yield
    except (termios.error, IndexError) as error:
        # termios.error: the line was hung up. IndexError: less than the head of a frame arrived.
        raise OSError(errno.EIO, f"serial line broken or noisy ({error})") from error


class _SerialPort(nfc.clf.transport.TTY):  # type: ignore[misc]  # nfcpy has no annotations
    """nfcpy's serial port, failing only with OSError, the one error that its chip drivers expect of a port."""

    tty: Any

    def read(self, timeout: int) -> Any:
        with _as_io_error():
            return super().read(timeout)

    def write(self, frame: bytearray) -> None:
        with _as_io_error():
            super().write(frame)

    def close(self) -> None:
        port = self.tty
        try:
            with _as_io_error():
                super().close()
        finally:
            self.tty = None
            if port is not None:
                port.close()  # nfcpy flushes first, which fails on a line that was hung up


class NfcReader:
    """The port `Reader` over a PN532 at `path`: a serial port of the system, or a link to one.

    It looks for a card every `poll_ms`. `reset`, where the wiring has it, pulses the chip's RSTPDN and returns when the
    chip may be talked to; it is called in the worker thread before each attempt to open. `counters` only ever grow.
    """

    def __init__(self, path: str, poll_ms: int = 50, reset: Callable[[], None] | None = None) -> None:
        self.counters = dict.fromkeys(("opens", "open_retries", "cards", "apdus", "card_gone", "faults"), 0)
        self._poll_s = poll_ms / 1000
        self._frontend = _Frontend(path, reset, self.counters)
        self._executor: ThreadPoolExecutor | None = None

    @property
    def is_open(self) -> bool:
        """Whether the chip is open."""
        return self._frontend.is_open

    @property
    def chip(self) -> str:
        """The chip and its firmware, as the driver found them; "" while it is closed."""
        return self._frontend.chip

    @property
    def failing(self) -> bool:
        """Whether the chip failed at the last that was asked of it; so until it does something again, also closed."""
        return self._frontend.failing

    @property
    def firmware(self) -> str:
        """Which chip answered, and the version of its firmware, as `PN532v1.6`; "" while it is closed."""
        return self._frontend.firmware

    async def start(self) -> None:
        """Open the chip, in up to four attempts; nothing when it is open. Raises ReaderError."""
        if self._executor is not None:
            return
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nfc-reader")
        try:
            await self._in_thread(self._frontend.open)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Switch the field off, put the chip to sleep and end the thread, also after a fault; harmless when closed."""
        if self._executor is None:
            return
        await self._in_thread(self._frontend.close)
        self._executor.shutdown()
        self._executor = None

    async def wait_for_card(self, timeout_ms: int) -> bool:
        """Look until a card is in the field and activated (ISO/IEC 14443-4); False when the time is over.

        Raises ReaderError when the chip fails, CardError `CARD_UNSUPPORTED` for a card that it cannot talk to. When it
        is cancelled, the look under way ends in the thread, and the next call on the reader waits for that.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1000
        while not await self._in_thread(self._frontend.look):
            left = deadline - loop.time()
            if left <= 0:
                return False
            await asyncio.sleep(min(self._poll_s, left))
        return True

    async def transceive(self, apdu: bytes) -> bytes:
        """Send one command APDU, return the response APDU. Raises CardGoneError or ReaderError, as the port says."""
        return await self._in_thread(lambda: self._frontend.transceive(apdu))

    async def release(self) -> None:
        """Deselect the card where there is one, and switch the field off.

        Never raises for an absent card, nor for a chip that fails: a finished sale shall not end in an error for that,
        and the next look says it.
        """
        if self._executor is not None:
            await self._in_thread(self._frontend.release)

    async def turn(self) -> None:
        """Return once the worker thread is free, between two looks for a card as well; at once when it is closed.

        An open that fails takes the thread for some seconds at most; only one that hangs keeps it longer.
        """
        if self._executor is not None:
            await self._in_thread(_nothing)

    async def _in_thread(self, job: Callable[[], Result]) -> Result:
        if self._executor is None:
            raise ReaderError(f"NFC reader {self._frontend.path} is not open; start it first")
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)


class _Frontend:
    """nfcpy and its state. Every method blocks and runs in the worker thread."""

    def __init__(self, path: str, reset: Callable[[], None] | None, counters: dict[str, int]) -> None:
        self.path = path
        self.failing = False
        # What the open chip answered to GetFirmwareVersion (UM0701-02, 7.2.2).
        self.firmware = ""
        self._reset = reset
        self._counters = counters
        self._clf: Any = None
        self._port: _SerialPort | None = None
        self._tag: Any = None

    @property
    def is_open(self) -> bool:
        """Whether there is a chip to talk to."""
        return self._clf is not None

    @property
    def chip(self) -> str:
        """The name that the driver gives the chip, with its firmware's version."""
        return str(self._clf.device.chipset_name) if self._clf is not None else ""

    def open(self) -> None:
        """Open port and chip, with a reset pulse before each attempt."""
        _silence_driver()
        for attempt in range(1 + OPEN_RETRIES):
            self._counters["open_retries"] += attempt > 0
            if self._reset:
                self._reset()
            try:
                self._connect()
            except CHIP_ERRORS as error:
                self.close()
                failure = error
            else:
                self._counters["opens"] += 1
                self.failing = False
                return
        self._fail("cannot be opened", failure)

    def close(self) -> None:
        """Put the chip to sleep where it still listens, and close the port in any case."""
        clf, self._clf, self._tag = self._clf, None, None
        self.firmware = ""
        port, self._port = self._port, None
        with contextlib.suppress(*CHIP_ERRORS):  # a chip that fails now is closed all the same, by its port
            if clf is not None:
                clf.close()
        with contextlib.suppress(OSError):
            if port is not None:
                port.close()

    def look(self) -> bool:
        """Look once for a card and activate it; True when there is one."""
        self._tag = None
        target = self._sense()
        if target is None:
            return False
        # Type B cards have no SEL_RES; nfcpy only reports those that speak ISO/IEC 14443-4.
        if target.brty == "106A" and not (target.sel_res and target.sel_res[0] & SAK_ISO_DEP):
            raise CardError("CARD_UNSUPPORTED", "the card does not speak ISO/IEC 14443-4; present a payment card")
        try:
            self._tag = nfc.tag.activate(self._clf, target)
        except IndexError as error:
            text = "the card's answer to select is shorter than the driver needs; present another card"
            raise CardError("CARD_UNSUPPORTED", text) from error
        except CHIP_ERRORS as error:
            self._fail("failed while it activated a card", error)
        self._counters["cards"] += self._tag is not None
        return self._tag is not None

    def transceive(self, apdu: bytes) -> bytes:
        """Exchange one APDU with the activated card."""
        if self._tag is None:
            raise CardGoneError("no card is activated; wait for one first")
        self._counters["apdus"] += 1
        try:
            response = bytes(self._tag.transceive(apdu))
        except LINK_ERRORS as error:
            self._lose_card("the card left the field or its link broke; present it again", error)
        except CHIP_ERRORS as error:
            self._tag = None
            self._fail("failed while it talked to a card", error)
        if len(response) < 2:
            self._lose_card("the card answered without a status word; present it again", None)
        return response

    def release(self) -> None:
        """Deselect the card (ISO/IEC 14443-4, 8) and switch the field off."""
        tag, self._tag = self._tag, None
        if self._clf is None:
            return
        try:
            if tag is not None:
                with contextlib.suppress(nfc.clf.CommunicationError):  # the card is gone: all the better
                    self._clf.exchange(S_DESELECT, DESELECT_TIMEOUT_S)
            self._clf.sense()  # looks for nothing: only switches the field off
        except CHIP_ERRORS:
            self._count_fault()

    def _connect(self) -> None:
        # The driver's rules for a port go by its real name (/dev/ttyS0, not /dev/serial0).
        port = os.path.realpath(self.path)
        if not SAFE_PORT.fullmatch(port):
            raise OSError(errno.EINVAL, f"the name of a serial port has no such characters: {port!r}")
        self._port = _SerialPort(port)
        clf = nfc.clf.ContactlessFrontend()
        clf.device = nfc.clf.pn532.init(self._port)
        clf.device._path = port  # nfcpy sets it in its own search, which finds only names that it knows
        self._clf = clf
        self.firmware = clf.device.chipset_name

    def _sense(self) -> Any:
        if self._clf is None:
            self._fail("is not open", None)
        targets = nfc.clf.RemoteTarget("106A"), nfc.clf.RemoteTarget("106B")
        try:
            target = self._clf.sense(*targets, iterations=1)
        except CHIP_ERRORS as error:
            self._fail("failed while it looked for a card", error)
        self.failing = False
        return target

    def _lose_card(self, text: str, cause: Exception | None) -> NoReturn:
        self._tag = None
        self._counters["card_gone"] += 1
        raise CardGoneError(text) from cause

    def _count_fault(self) -> None:
        self._counters["faults"] += 1
        self.failing = True

    def _fail(self, what: str, cause: Exception | None) -> NoReturn:
        self._count_fault()
        raise ReaderError(f"NFC reader {self.path} {what} ({cause}); {REMEDY}") from cause


def _nothing() -> None:
    """What the worker thread is asked to do where only that it does something matters."""


def _silence_driver() -> None:
    """nfcpy logs the frames it exchanges, card data among them, below INFO, and what it also raises above."""
    for name in list(logging.root.manager.loggerDict):
        if name == "nfc" or name.startswith("nfc."):
            logging.getLogger(name).setLevel(logging.CRITICAL)
