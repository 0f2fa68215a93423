"""What the terminal feels: its case being opened, and its two buttons.

An edge only says "look now". A level counts when two reads in a row, a little apart, agree, and it is polled as well,
so that neither a bouncing contact nor a lost edge decides anything.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from board import pins
from board.errors import GpioError
from board.gpio import Gpio

log = logging.getLogger(__name__)

POLL_S = 0.25
# Longer than the contacts of a small switch bounce (1 to 5 ms), shorter than any press of a finger.
AGREE_S = 0.01
# A contact that does not come to rest in so many reads counts as open: the case is, a button is not pressed.
MOST_READS = 20
OPEN = 1

_LINES = (pins.TAMPER, *pins.BUTTONS.values())
_BUTTON_NAMES = {line: name for name, line in pins.BUTTONS.items()}


class Inputs:
    """The tamper switch and the buttons; serves as the core's `Tamper`. What cannot be read counts as tampered."""

    def __init__(self, gpio: Gpio, on_fault: Callable[[GpioError], None] | None = None) -> None:
        self._gpio = gpio
        self._on_fault = on_fault
        self._tamper_callbacks: list[Callable[[bool], None]] = []
        self._button_callbacks: list[Callable[[str], None]] = []
        self._levels: dict[int, int] = {}
        self._tampered = True
        self._failing = False
        self._looks: dict[int, asyncio.Task[None]] = {}
        self._poll: asyncio.Task[None] | None = None

    @property
    def tampered(self) -> bool:
        """Whether the case is open now, or the switch cannot be read, or nobody has read it yet."""
        return self._tampered

    def on_tamper(self, callback: Callable[[bool], None]) -> None:
        """Call `callback(tampered)` on the loop whenever that changes after `start`."""
        self._tamper_callbacks.append(callback)

    def on_button(self, callback: Callable[[str], None]) -> None:
        """Call `callback(name)` on the loop, with `cancel` or `help`, once for each press."""
        self._button_callbacks.append(callback)

    async def start(self) -> None:
        """Claim the lines, read them, and watch them; `tampered` is true to the switch when this returns.

        Raises GpioError.
        """
        loop = asyncio.get_running_loop()

        def edge(line: int) -> None:
            """On lgpio's thread."""
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody cares any more
                loop.call_soon_threadsafe(self._look, line)

        for line in _LINES:
            self._gpio.set_input(line)
        for line in _LINES:
            self._levels[line] = await self._settled(line)
        self._tampered = self._levels[pins.TAMPER] == OPEN
        for line in _LINES:
            self._gpio.watch(line, edge)
        self._poll = asyncio.create_task(self._poll_lines())

    async def stop(self) -> None:
        """Stop watching and give the lines back; `tampered` stays as it was last. Harmless when it is not started."""
        poll, self._poll = self._poll, None
        if poll is None:
            return
        tasks = [poll, *self._looks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            self._gpio.release(_LINES)
        except GpioError as error:
            self._failed(error)

    def _look(self, line: int) -> None:
        """Look at a line now, unless that is under way: then it is being read until two reads agree."""
        if self._poll is not None and line not in self._looks:
            task = asyncio.create_task(self._accept(line))
            self._looks[line] = task
            task.add_done_callback(lambda _: self._looks.pop(line, None))

    async def _poll_lines(self) -> None:
        while True:
            for line in _LINES:
                self._look(line)
            await asyncio.sleep(POLL_S)

    async def _accept(self, line: int) -> None:
        try:
            level = self._gpio.read(line)
            if level != self._levels[line]:
                level = await self._settled(line)
        except GpioError as error:
            self._failed(error)
            self._set_tampered(True)
            return
        before, self._levels[line] = self._levels[line], level
        if line == pins.TAMPER:
            self._failing = False
            self._set_tampered(level == OPEN)
        elif before and not level:
            for callback in self._button_callbacks:
                callback(_BUTTON_NAMES[line])

    async def _settled(self, line: int) -> int:
        """The level on which two reads in a row agree."""
        level = self._gpio.read(line)
        for _ in range(MOST_READS):
            await asyncio.sleep(AGREE_S)
            before, level = level, self._gpio.read(line)
            if level == before:
                return level
        return OPEN

    def _set_tampered(self, tampered: bool) -> None:
        if tampered != self._tampered:
            self._tampered = tampered
            for callback in self._tamper_callbacks:
                callback(tampered)

    def _failed(self, error: GpioError) -> None:
        if self._failing:
            return
        self._failing = True
        if self._on_fault is None:
            log.warning("the inputs fail: %s", error)
        else:
            self._on_fault(error)
