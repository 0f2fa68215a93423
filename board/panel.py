"""What the terminal shows and sounds: four lights and a buzzer, after the EMV contactless user interface (EMV Book A).

Lights from the left say how far the card has come. The sounds are EMV's: one long high tone for success, two short low
ones for alert; a call for help is answered by a third kind. How long each is shown, agent/lights.py decides.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

from agent import signals
from board import pins
from board.errors import GpioError
from board.gpio import Gpio, Pwm

log = logging.getLogger(__name__)


class Tone(NamedTuple):
    """A sound of `frequency_hz` for `ms`; 0 Hz is a pause."""

    frequency_hz: int
    ms: int


class Signal(NamedTuple):
    """Four lights from left to right, `1` is lit, and what sounds once when they come on. "" leaves the lights be."""

    lights: str
    tones: tuple[Tone, ...] = ()


SUCCESS = (Tone(1500, 500),)
ALERT = (Tone(750, 200), Tone(0, 200), Tone(750, 200))
# Nobody takes it for the end of a sale that is under way: neither high and long nor low and twice.
NOTED = (Tone(1000, 100), Tone(0, 100), Tone(1000, 100), Tone(0, 100), Tone(1000, 100))

# One state, one row. A failed transaction leaves no light of progress on; every row differs from the others.
SIGNALS = {
    signals.STARTING: Signal("0001"),
    signals.READY: Signal("1000"),
    signals.PRESENT_CARD: Signal("1100"),
    signals.READING: Signal("1110"),
    signals.APPROVED: Signal("1111", SUCCESS),
    signals.DECLINED: Signal("0010", ALERT),
    signals.REFUSED: Signal("0100", ALERT),
    signals.JUMP: Signal("0101", ALERT),
    signals.FAULT: Signal("0011", ALERT),
    signals.TAMPERED: Signal("1001", ALERT),
    signals.STOPPED: Signal("0000"),
    signals.HELP: Signal("", NOTED),
}

OnFault = Callable[[GpioError], None]


def _log_fault(error: GpioError) -> None:
    log.warning("the panel fails: %s", error)


class Panel:
    """The lights and the buzzer: the core's `Signals`. `on_fault` hears of the first failure of a row."""

    def __init__(self, gpio: Gpio, on_fault: OnFault = _log_fault) -> None:
        self._gpio = gpio
        self._on_fault = on_fault
        self._buzzer: Pwm | None = None
        self._sound: asyncio.Task[None] | None = None
        # What each light was last set to; a line that is not in it is written in any case.
        self._lit: dict[int, str] = {}
        self._failing = False

    @property
    def works(self) -> bool:
        """Whether it is started, and nothing failed at the last that it was to show."""
        return self._buzzer is not None and not self._failing

    async def start(self) -> None:
        """Claim the lines and show `starting`. Raises GpioError."""
        for line in (*pins.LIGHTS, pins.BUZZER):
            self._gpio.set_output(line, 0)
        self._lit = dict.fromkeys(pins.LIGHTS, "0")
        self._buzzer = self._gpio.pwm(pins.BUZZER, SUCCESS[0].frequency_hz)
        self.show(signals.STARTING)

    async def stop(self) -> None:
        """Darken, silence and give the lines back; harmless when it is not started."""
        if self._buzzer is None:
            return
        self.show(signals.STOPPED)
        # RPi.GPIO's wave writes to its line when it goes: it must go before the line does.
        self._buzzer = None
        try:
            self._gpio.release((*pins.LIGHTS, pins.BUZZER))
        except GpioError as error:
            self._failed(error)

    def show(self, state: str) -> None:
        """Show and sound `state`, a key of SIGNALS, in place of what is shown; nothing when the panel is not started.

        Never waits and never raises for a line that fails. Raises ValueError for a state that is not in the table.
        """
        if state not in SIGNALS:
            raise ValueError(f"the panel has no state {state!r}: choose one of {', '.join(SIGNALS)}")
        signal = SIGNALS[state]
        if self._buzzer is None:
            return
        if self._sound is not None:
            self._sound.cancel()
            self._sound = None
        try:
            if signal.lights:
                self._light(signal.lights)
            self._buzzer.stop()
            self._failing = False
        except GpioError as error:
            self._failed(error)
            return
        if signal.tones:
            self._sound = asyncio.create_task(self._play(self._buzzer, signal.tones))

    def _light(self, lights: str) -> None:
        """Write the lights that change: each write is two calls of the chip, made while a sale waits for them."""
        for line, light in zip(pins.LIGHTS, lights, strict=True):
            if self._lit.get(line) != light:
                self._gpio.write(line, int(light))
                self._lit[line] = light

    async def _play(self, buzzer: Pwm, tones: tuple[Tone, ...]) -> None:
        """Sound one after the other. Who cancels this silences the buzzer: only he knows what comes next."""
        try:
            for tone in tones:
                if tone.frequency_hz:
                    buzzer.start(tone.frequency_hz)
                else:
                    buzzer.stop()
                await asyncio.sleep(tone.ms / 1000)
            buzzer.stop()
        except GpioError as error:
            self._failed(error)

    def _failed(self, error: GpioError) -> None:
        # Nobody knows what a chip that failed shows: the next state writes every light.
        self._lit.clear()
        if not self._failing:
            self._failing = True
            self._on_fault(error)
