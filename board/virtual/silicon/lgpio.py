"""The emulated silicon below rpi-lgpio: the part of lgpio 0.2.2 that `RPi.GPIO` 0.7.2 (rpi-lgpio 0.6) calls.

Put this folder first on PYTHONPATH and `RPi.GPIO` drives a virtual board instead of /dev/gpiochip0. Every call is one
line of JSON over the Unix socket that JUMPGUARD_VIRTUAL_GPIO names; edges come on a second connection and call back on
a thread of this module, as those of the real library do. Nothing but the standard library is imported: the process that
loads this is the terminal's.
"""

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

SET_ACTIVE_LOW = 4
SET_OPEN_DRAIN = 8
SET_OPEN_SOURCE = 16
SET_PULL_UP = 32
SET_PULL_DOWN = 64
SET_PULL_NONE = 128

RISING_EDGE = 1
FALLING_EDGE = 2
BOTH_EDGES = 3

OKAY = 0
BAD_HANDLE = -5
BAD_GPIO_NUMBER = -73
CANNOT_OPEN_CHIP = -78
GPIO_BUSY = -79
GPIO_NOT_ALLOCATED = -80
BAD_PWM_MICROS = -86
BAD_DEBOUNCE_MICS = -98
BAD_PWM_FREQ = -102
BAD_PWM_DUTY = -103

_TEXTS = {
    BAD_HANDLE: "unknown handle",
    BAD_GPIO_NUMBER: "bad GPIO number",
    CANNOT_OPEN_CHIP: "can not open gpiochip",
    GPIO_BUSY: "GPIO busy",
    GPIO_NOT_ALLOCATED: "GPIO not allocated",
    BAD_PWM_MICROS: "bad PWM micros",
    BAD_DEBOUNCE_MICS: "bad debounce microseconds",
    BAD_PWM_FREQ: "bad PWM frequency",
    BAD_PWM_DUTY: "bad PWM dutycycle",
}

# A living board answers in well under a millisecond; a stopped one must not hang the terminal.
_ANSWER_WITHIN_S = 2.0


class error(Exception):  # noqa: N801, N818 -- the real module's name for it
    """A call failed; `str` is the text in quotes, as the real module writes it."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __str__(self) -> str:
        return repr(self.value)


class _Wire:
    """One connection to the board."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_ANSWER_WITHIN_S)
        self._socket.connect(path)
        self._lines = self._socket.makefile("rb")

    def wait_for_ever(self) -> None:
        self._socket.settimeout(None)

    def send(self, *message: object) -> None:
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> Any:
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("closed by the board")
        return json.loads(line)

    def close(self) -> None:
        # A thread that waits in `receive` only wakes by a shutdown.
        with contextlib.suppress(OSError):  # the other end was faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class _Chip:
    """The open GPIO chip: calls on one connection, edges on another."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._lost = False
        self._calls = _Wire(path)
        self._edges = _Wire(path)
        self._edges.send("notify", self.call("open"))
        self._edges.receive()
        self._edges.wait_for_ever()
        threading.Thread(target=self._notify, name="lgpio-notify", daemon=True).start()

    def call(self, *request: object) -> Any:
        """The board's answer to `request`. Raises error when it is negative, and for ever once the board is gone."""
        with self._lock:
            try:
                if self._lost:
                    raise ConnectionError("it was lost before")
                self._calls.send(*request)
                answer = self._calls.receive()
            except (OSError, ValueError) as cause:
                self._lost = True
                raise error(
                    f"the virtual board at {self._path} is gone ({cause}): start it, then restart this process"
                ) from cause
        if isinstance(answer, int) and answer < 0:
            raise error(error_text(answer))
        return answer

    def close(self) -> None:
        self._calls.close()
        self._edges.close()

    def _notify(self) -> None:
        while True:
            try:
                gpio, level, tick = self._edges.receive()
            except (OSError, ValueError):
                return
            for each in tuple(_callbacks):
                if each.gpio == gpio:
                    each.func(0, gpio, level, tick)


class _Callback:
    """What `callback` returns: registered until it is cancelled."""

    def __init__(self, gpio: int, func: Callable[[int, int, int, int], object]) -> None:
        self.gpio = gpio
        self.func = func
        _callbacks.append(self)

    def cancel(self) -> None:
        if self in _callbacks:
            _callbacks.remove(self)


_callbacks: list[_Callback] = []
_chips: dict[int, _Chip] = {}


def _chip(handle: int) -> _Chip:
    try:
        return _chips[handle]
    except KeyError:
        raise error(error_text(BAD_HANDLE)) from None


def error_text(errnum: int) -> str:
    return _TEXTS.get(errnum, "unknown error")


def gpiochip_open(gpiochip: int) -> int:
    path = os.environ.get("JUMPGUARD_VIRTUAL_GPIO", "")
    try:
        if gpiochip != 0:
            raise FileNotFoundError(f"the board has gpiochip 0, not {gpiochip}")
        chip = _Chip(path)
    except OSError as cause:
        text = (
            f"{error_text(CANNOT_OPEN_CHIP)}: no virtual board at JUMPGUARD_VIRTUAL_GPIO={path!r} ({cause}): start it"
        )
        raise error(text) from cause
    handle = max(_chips, default=-1) + 1
    _chips[handle] = chip
    return handle


def gpiochip_close(handle: int) -> int:
    _chip(handle).close()
    del _chips[handle]
    return OKAY


def gpio_get_chip_info(handle: int) -> list[Any]:
    return [OKAY, *_chip(handle).call("info")]


def gpio_get_mode(handle: int, gpio: int) -> int:
    return int(_chip(handle).call("mode", gpio))


def gpio_claim_input(handle: int, gpio: int, lFlags: int = 0) -> int:  # noqa: N803 -- the real module's name
    return int(_chip(handle).call("claim_input", gpio, lFlags))


def gpio_claim_output(handle: int, gpio: int, level: int = 0, lFlags: int = 0) -> int:  # noqa: N803
    return int(_chip(handle).call("claim_output", gpio, lFlags, int(level)))


def gpio_claim_alert(handle: int, gpio: int, eFlags: int, lFlags: int = 0, notify_handle: int | None = None) -> int:  # noqa: N803, ARG001
    return int(_chip(handle).call("claim_alert", gpio, lFlags, eFlags))


def gpio_set_debounce_micros(handle: int, gpio: int, debounce_micros: int) -> int:
    """Refused: debounce differs from one Pi to the next, and the terminal must not come to rely on it."""
    raise error(f"{error_text(BAD_DEBOUNCE_MICS)}: GPIO {gpio} of chip {handle} does not do {debounce_micros} us")


def gpio_read(handle: int, gpio: int) -> int:
    return int(_chip(handle).call("read", gpio))


def gpio_write(handle: int, gpio: int, level: int) -> int:
    return int(_chip(handle).call("write", gpio, int(level)))


def gpio_free(handle: int, gpio: int) -> int:
    return int(_chip(handle).call("free", gpio))


def tx_pwm(
    handle: int, gpio: int, pwm_frequency: float, pwm_duty_cycle: float, pulse_offset: int = 0, pulse_cycles: int = 0
) -> int:
    """A wave without end; `pulse_offset` and `pulse_cycles` other than 0 are not emulated and are refused."""
    if pulse_offset or pulse_cycles:
        raise error(f"{error_text(BAD_PWM_MICROS)}: the virtual board has neither pulse offset nor cycles")
    return int(_chip(handle).call("pwm", gpio, pwm_frequency, pwm_duty_cycle))


def callback(
    handle: int, gpio: int, edge: int = RISING_EDGE, func: Callable[[int, int, int, int], object] | None = None
) -> _Callback:
    """Call `func(chip, gpio, level, tick)` at every edge that the line was claimed for; `edge` decides nothing,
    as in the real module, whose thread does not look at it either."""
    if func is None:
        raise error(f"GPIO {gpio} of chip {handle}: a callback without a function (edge {edge}) is not emulated")
    return _Callback(gpio, func)
