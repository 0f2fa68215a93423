"""The GPIO chip of the virtual board: level, pull, edges and PWM of every line, and the socket that processes claim
them through. What a call answers follows lgpio 0.2.2 (lgGpio.c); the other end is `silicon/lgpio.py`.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from board import pins

# A BCM2711 as Linux shows it.
LINES = 58
CHIP = (LINES, "gpiochip0", "pinctrl-bcm2711")

# lgpio's line flags, edge flags, owner's mode bits and error codes.
PULL_UP, PULL_DOWN, PULLS = 32, 64, 32 | 64 | 128
RISING, FALLING = 1, 2
KERNEL_USED, KERNEL_OUTPUT, KERNEL_EDGES_SHIFT = 1, 2, 17
INPUT, OUTPUT, ALERT = 0x100, 0x200, 0x400
BAD_GPIO_NUMBER, GPIO_BUSY, GPIO_NOT_ALLOCATED = -73, -79, -80
BAD_PWM_MICROS, BAD_PWM_FREQ, BAD_PWM_DUTY = -86, -102, -103

# lgpio's waves queue up to ten entries; the answer to the first is the room that is left.
PWM_ROOM = 9

Record = Callable[..., None]


class UnixServer:
    """A Unix socket that ends with every connection made to it."""

    def __init__(
        self, path: Path, handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    ) -> None:
        self._path = path
        self._handle = handle
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[Any]] = set()
        self._ended = False

    async def start(self) -> None:
        """Listen; the socket file is made here. Raises OSError."""
        self._server = await asyncio.start_unix_server(self._connected, self._path)

    async def stop(self) -> None:
        """Close the socket and all its connections, and remove its file."""
        if self._server is None:
            return
        self._ended = True
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()
        self._path.unlink(missing_ok=True)
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            # A connection may be accepted just before the end and come here just after it.
            if not self._ended:
                await self._handle(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the other end left, or this one is stopping
        finally:
            self._open.discard(task)
            writer.close()


@dataclass(eq=False)
class Session:
    """One process that opened the chip: it owns the lines that it claims, and loses them with its connection."""

    number: int
    edges: asyncio.StreamWriter | None = None


@dataclass
class Line:
    """One line; `external` is what a button, a switch or a resistor drives it to, None when nothing does."""

    gpio: int
    owner: Session | None = None
    mode: int = 0
    flags: int = 0
    edges: int = 0
    written: int = 0
    external: int | None = None
    pwm: tuple[float, float] | None = None
    level: int = 0

    @property
    def name(self) -> str:
        return pins.NAMES.get(self.gpio, f"gpio_{self.gpio}")

    def settle(self) -> int:
        """What the line's level must be now; a floating line keeps its level."""
        if self.mode == OUTPUT:
            return self.written
        if self.external is not None:
            return self.external
        if self.flags & (PULL_UP | PULL_DOWN):
            return 1 if self.flags & PULL_UP else 0
        return self.level


@dataclass
class Lines:
    """All lines of the chip. `record(what, **details)` hears of every change of level and of every wave."""

    record: Record
    lines: list[Line] = field(default_factory=lambda: [Line(gpio) for gpio in range(LINES)])
    watchers: dict[int, Callable[[int], None]] = field(default_factory=dict)

    def drive(self, gpio: int, level: int | None) -> None:
        """Drive a line from outside to 0 or 1, or let go of it with None."""
        self.lines[gpio].external = level
        self._changed(self.lines[gpio])

    def watch(self, gpio: int, watcher: Callable[[int], None]) -> None:
        """Tell `watcher` each new level of a line, as a chip wired to it would see it."""
        self.watchers[gpio] = watcher

    def levels(self) -> dict[str, int]:
        """Level 0 or 1 of every line that has a purpose, by the pin's name."""
        return {name: self.lines[gpio].level for gpio, name in pins.NAMES.items()}

    def waves(self) -> dict[str, dict[str, float]]:
        """Frequency and duty of every running PWM, by the pin's name."""
        running = ((line.name, line.pwm) for line in self.lines if line.pwm)
        return {name: {"frequency_hz": pwm[0], "duty_percent": pwm[1]} for name, pwm in running}

    def call(self, session: Session, operation: str, *arguments: Any) -> int | list[Any]:
        """Carry out one lgpio call of `session`; a negative answer is lgpio's error code. Raises KeyError."""
        if operation == "info":
            return list(CHIP)
        method = _OPERATIONS[operation]
        gpio = arguments[0]
        if not 0 <= gpio < LINES:
            return BAD_GPIO_NUMBER
        return method(self, session, self.lines[gpio], *arguments[1:])

    def close(self, session: Session) -> None:
        """Free every line of a session whose process closed the chip or died."""
        for line in self.lines:
            if line.owner is session:
                self.free(session, line)

    def mode(self, session: Session, line: Line) -> int:
        kernel = (
            (line.flags & PULLS) | (KERNEL_USED if line.mode else 0) | (KERNEL_OUTPUT if line.mode == OUTPUT else 0)
        )
        return kernel | (line.edges << KERNEL_EDGES_SHIFT) | (line.mode if line.owner is session else 0)

    def claim_input(self, session: Session, line: Line, flags: int) -> int:
        if line.owner is session and line.mode == INPUT:
            return 0  # as lgpio: the flags of a line that already is an input stay
        return self._claim(session, line, INPUT, flags)

    def claim_output(self, session: Session, line: Line, flags: int, level: int) -> int:
        if line.owner is session and line.mode == OUTPUT:
            return 0  # as lgpio: its level stays too
        return self._claim(session, line, OUTPUT, flags, written=level)

    def claim_alert(self, session: Session, line: Line, flags: int, edges: int) -> int:
        return self._claim(session, line, ALERT, flags, edges=edges)

    def read(self, session: Session, line: Line) -> int:
        if not line.mode:
            self._claim(session, line, INPUT, 0)
        return line.level if line.owner is session else GPIO_BUSY

    def write(self, session: Session, line: Line, level: int) -> int:
        if line.owner is not session or line.mode != OUTPUT:
            return self._claim(session, line, OUTPUT, 0, written=level)
        line.written = 1 if level else 0
        self._changed(line)
        return 0

    def free(self, session: Session, line: Line) -> int:
        if line.owner is not session:
            return GPIO_NOT_ALLOCATED
        self._wave(line, None)
        line.owner, line.mode, line.edges = None, 0, 0
        self._changed(line)
        return 0

    def pwm(self, session: Session, line: Line, frequency_hz: float, duty_percent: float) -> int:
        if frequency_hz != 0 and not 0.1 <= frequency_hz <= 10_000:
            return BAD_PWM_FREQ
        if not 0 <= duty_percent <= 100:
            return BAD_PWM_DUTY
        if line.owner is not session or line.mode != OUTPUT:
            claimed = self._claim(session, line, OUTPUT, 0)
            if claimed < 0:
                return claimed
        if frequency_hz == 0 and line.pwm is None:
            return BAD_PWM_MICROS
        self._wave(line, (frequency_hz, duty_percent) if frequency_hz else None)
        return PWM_ROOM

    def _claim(self, session: Session, line: Line, mode: int, flags: int, written: int = 0, edges: int = 0) -> int:
        if line.owner not in (None, session):
            return GPIO_BUSY
        self._wave(line, None)
        # Edges are switched on last: what the pull does to the level is no edge yet.
        line.owner, line.mode, line.flags, line.edges = session, mode, flags & PULLS, 0
        line.written = 1 if written else 0
        self._changed(line)
        line.edges = edges
        return 0

    def _wave(self, line: Line, pwm: tuple[float, float] | None) -> None:
        if line.pwm == pwm:
            return
        line.pwm = pwm
        frequency_hz, duty_percent = pwm or (0, 0)
        self.record("pwm", pin=line.name, frequency_hz=frequency_hz, duty_percent=duty_percent)

    def _changed(self, line: Line) -> None:
        level = line.settle()
        if level == line.level:
            return
        line.level = level
        self.record("line", pin=line.name, level=level)
        if line.gpio in self.watchers:
            self.watchers[line.gpio](level)
        wanted = RISING if level else FALLING
        if line.edges & wanted and line.owner is not None and line.owner.edges is not None:
            line.owner.edges.write(_encode([line.gpio, level, time.monotonic_ns()]))


_OPERATIONS: dict[str, Callable[..., int]] = {
    "mode": Lines.mode,
    "claim_input": Lines.claim_input,
    "claim_output": Lines.claim_output,
    "claim_alert": Lines.claim_alert,
    "read": Lines.read,
    "write": Lines.write,
    "free": Lines.free,
    "pwm": Lines.pwm,
}


def _encode(message: object) -> bytes:
    return json.dumps(message).encode() + b"\n"


class GpioServer:
    """`gpio.sock`: a process opens one connection for its calls and a second one for its edges."""

    def __init__(self, path: Path, lines: Lines) -> None:
        self._lines = lines
        self._server = UnixServer(path, self._serve)
        self._sessions: dict[int, Session] = {}
        self._opened = 0

    async def start(self) -> None:
        """Listen. Raises OSError."""
        await self._server.start()

    async def stop(self) -> None:
        """Close every session: the processes see their chip gone."""
        await self._server.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = json.loads(await reader.readline() or b"null")
        if first == ["open"]:
            await self._serve_calls(reader, writer)
        elif isinstance(first, list) and first[:1] == ["notify"]:
            session = self._sessions[first[1]]
            session.edges = writer
            writer.write(_encode(0))
            try:
                await reader.read()
            finally:
                session.edges = None

    async def _serve_calls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._opened += 1
        session = self._sessions[self._opened] = Session(self._opened)
        try:
            writer.write(_encode(session.number))
            while line := await reader.readline():
                writer.write(_encode(self._lines.call(session, *json.loads(line))))
                await writer.drain()
        finally:
            del self._sessions[session.number]
            self._lines.close(session)
