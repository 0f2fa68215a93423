"""The header's lines through `RPi.GPIO` (rpi-lgpio), with errors that name the line and the remedy.

Only what behaves alike on every Pi is used: no debounce, one edge detection a line, callbacks that merely hop.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from board import pins
from board.errors import GpioError

log = logging.getLogger(__name__)

# Far above what the PN532 asks for (20 ns low, then 2 ms until it is awake): long wires have slow edges.
NFC_RESET_LOW_S = 0.01
NFC_RESET_SETTLE_S = 0.01


class Gpio:
    """The GPIO lines of this process; `RPi.GPIO` keeps its state in the module, so there is one."""

    def __init__(self) -> None:
        self._gpio: Any = None
        self._errors: tuple[type[Exception], ...] = (RuntimeError, OSError)

    def start(self) -> None:
        """Open the GPIO chip with BCM numbers. Raises GpioError where there is none."""
        try:
            # Imported here: both ask for a Pi while they are imported, and a test of a table needs none.
            import lgpio
            from RPi import GPIO
        except FileNotFoundError as error:
            raise GpioError(
                f"lgpio cannot make its notification pipe in {Path.cwd()}: start the agent in a folder it may write"
            ) from error
        except (ImportError, RuntimeError) as error:
            raise GpioError(
                f"RPi.GPIO cannot be used ({error}): run on a Raspberry Pi or a virtual board, with the variables that"
                " `jumpguard board serve` prints"
            ) from error
        self._errors = (lgpio.error, RuntimeError, OSError)
        with self._named("chip", "check that /dev/gpiochip0 exists and that this user is in the group gpio"):
            GPIO.setwarnings(False)
            GPIO.setmode(GPIO.BCM)
        self._gpio = GPIO

    def stop(self) -> None:
        """Give every line back as an input without pull, and close the chip; harmless when it is not open."""
        gpio, self._gpio = self._gpio, None
        if gpio is None:
            return
        try:
            gpio.cleanup()
        except self._errors as error:
            log.warning("GPIO lines could not be given back: %s", error)

    def set_output(self, line: int, level: int) -> None:
        """Drive `line` (BCM number) at `level` 0 or 1. Raises GpioError."""
        with self._named(line):
            self._module.setup(line, self._module.OUT, initial=level)
            # lgpio keeps the level of a line that already was an output of ours.
            self._module.output(line, level)

    def set_input(self, line: int) -> None:
        """Make `line` an input with the pull-up on. Raises GpioError."""
        with self._named(line):
            self._module.setup(line, self._module.IN, pull_up_down=self._module.PUD_UP)

    def read(self, line: int) -> int:
        """The level of `line`, 0 or 1. Raises GpioError."""
        with self._named(line):
            return int(self._module.input(line))

    def write(self, line: int, level: int) -> None:
        """Set the output `line` to `level` 0 or 1. Raises GpioError."""
        with self._named(line):
            self._module.output(line, level)

    def watch(self, line: int, callback: Callable[[int], None]) -> None:
        """Call `callback(line)` at every edge of the input `line`, **on lgpio's thread**. Raises GpioError."""
        with self._named(line):
            self._module.add_event_detect(line, self._module.BOTH, callback=callback)

    def release(self, lines: Sequence[int]) -> None:
        """Stop watching `lines` and give them back as inputs without pull. Raises GpioError."""
        for line in lines:
            with self._named(line):
                self._module.cleanup(line)

    def pwm(self, line: int, frequency_hz: int) -> "Pwm":
        """A square wave on the output `line`, silent until it is started. Raises GpioError."""
        with self._named(line):
            return Pwm(self._module.PWM(line, frequency_hz), lambda: self._named(line))

    def reset_nfc(self) -> None:
        """Pulse RSTPDN of the PN532 and return when it may be talked to.

        Blocks for 20 ms, so call it in a worker thread. Raises GpioError.
        """
        self.set_output(pins.NFC_RESET, 0)
        time.sleep(NFC_RESET_LOW_S)
        self.write(pins.NFC_RESET, 1)
        time.sleep(NFC_RESET_SETTLE_S)

    @property
    def _module(self) -> Any:
        if self._gpio is None:
            raise RuntimeError("GPIO is not started")
        return self._gpio

    @contextmanager
    def _named(self, line: int | str, remedy: str = "check its wiring, then restart the agent") -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            name = (
                f"GPIO {line} ({pins.NAMES.get(line, 'no pin of ours')})" if isinstance(line, int) else f"GPIO {line}"
            )
            text = str(error).strip("'")  # lgpio quotes it
            raise GpioError(f"{name}: {text}: {remedy}") from error


class Pwm:
    """A square wave of half duty on one line; made by `Gpio.pwm`."""

    def __init__(self, pwm: Any, named: Callable[[], AbstractContextManager[None]]) -> None:
        self._pwm = pwm
        self._named = named
        self._sounding = False

    def start(self, frequency_hz: int) -> None:
        """Sound `frequency_hz` until `stop`. Raises GpioError."""
        # Set before the call: one that failed may have begun to sound.
        self._sounding = True
        with self._named():
            self._pwm.ChangeFrequency(frequency_hz)
            self._pwm.start(50)

    def stop(self) -> None:
        """Be silent; asks nothing of the chip when nothing sounds. Raises GpioError, and the next call tries again."""
        if self._sounding:
            with self._named():
                self._pwm.stop()
            self._sounding = False
