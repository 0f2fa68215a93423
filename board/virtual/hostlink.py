"""The serial side of the emulated PN532: frames of its host link (UM0701-02, 6.2.1) over a pseudo-terminal."""

import asyncio
import os
import termios
import tty
from collections import deque
from collections.abc import Callable, Iterator

PREAMBLE_AND_START = b"\x00\x00\xff"
START = b"\x00\xff"
ACK = PREAMBLE_AND_START + b"\x00\xff\x00"
# UM0701-02, 7.2.8: the codes of SetSerialBaudRate.
BAUD_RATES = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000)
# A byte on the line is a start bit, eight data bits and a stop bit.
BITS_PER_BYTE = 10
# The event loop wakes up to a millisecond late; what one wait took too long, the next gives back, up to this.
MOST_LATE_S = 0.005
# Waiting for less than this costs more than it models.
SHORTEST_WAIT_S = 0.0001
TERMIOS_SPEEDS = {getattr(termios, f"B{rate}"): rate for rate in BAUD_RATES if hasattr(termios, f"B{rate}")}


def encode(body: bytes) -> bytes:
    """Return the information frame around `body`, extended above 255 bytes."""
    size = len(body)
    if size < 0x100:
        head = bytes([size, -size & 0xFF])
    else:
        head = b"\xff\xff" + size.to_bytes(2, "big") + bytes([-((size >> 8) + size) & 0xFF])
    return PREAMBLE_AND_START + head + body + bytes([-sum(body) & 0xFF, 0])


class FrameReader:
    """Cuts the host's bytes into frames. What has a wrong checksum is no frame, as on the chip."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def clear(self) -> None:
        """Forget the beginning of a frame that was heard."""
        self._bytes.clear()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the body of each frame that `data` completes; an acknowledgement has none: b""."""
        self._bytes += data
        while (body := self._next()) is not None:
            yield body

    def _next(self) -> bytes | None:
        while (start := self._bytes.find(START)) >= 0:
            del self._bytes[:start]
            frame = bytes(self._bytes[2:])
            if len(frame) < 2:
                return None
            if frame[:2] == b"\x00\xff":
                del self._bytes[:4]
                return b""
            extended = frame[:2] == b"\xff\xff"
            head = 5 if extended else 2
            if len(frame) < head:
                return None
            size = int.from_bytes(frame[2:4], "big") if extended else frame[0]
            checked = frame[2:5] if extended else frame[:2]
            if len(frame) < head + size + 1 and not sum(checked) & 0xFF:
                return None
            body = frame[head : head + size]
            if sum(checked) & 0xFF or (sum(body) + frame[head + size]) & 0xFF:
                del self._bytes[:2]
                continue
            del self._bytes[: 2 + head + size + 1]
            return body
        del self._bytes[:-1]
        return None


class HostLink:
    """A pseudo-terminal whose other end a driver opens like a serial port.

    `start_baud` 0 models no line: bytes take no time and every speed fits. Else bytes take their time at `baud` in
    both directions, and are lost while the host has set another speed.
    """

    def __init__(self, on_frame: Callable[[bytes], None], start_baud: int) -> None:
        self._on_frame = on_frame
        self._start_baud = start_baud
        self._baud = start_baud
        self._reader = FrameReader()
        self._queue: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._line_free = 0.0
        self._late = 0.0
        self._heard = 0
        self._master = self._slave = -1
        self.path = ""
        """The slave's path, from `open` on."""
        self.lost = 0
        """Bytes that came at another speed than the chip has, or that the host did not fetch."""

    @property
    def baud(self) -> int:
        """The chip's own speed; 0 when none is modelled."""
        return self._baud

    @baud.setter
    def baud(self, value: int) -> None:
        if self._start_baud:
            self._baud = value

    def open(self) -> None:
        """Open the pseudo-terminal and listen in the running loop.

        Its slave stays open here as well: without that the master fails whenever the driver closes its end.
        """
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._master, self._readable)
        self.reset()

    def close(self) -> None:
        """Hang up: a driver that still has the port open hears of it. Harmless when not open."""
        if self._master < 0:
            return
        self.cancel()
        self._loop.remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def reset(self) -> None:
        """Return to the first speed and forget what was being said."""
        self.cancel()
        self._forget_heard()
        self._baud = self._start_baud
        self._late = 0.0

    def cancel(self) -> None:
        """Do not send what has not left yet."""
        self._queue.clear()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._line_free = 0.0

    def send(self, data: bytes, after: float = 0.0) -> None:
        """Send `data`, `after` seconds after what was said before it."""
        self._take_line(len(data), after)
        self._queue.append((self._line_free, data))
        if not self._timer:
            self._write_due()

    def _readable(self) -> None:
        data = os.read(self._master, 4096)
        if self._baud and TERMIOS_SPEEDS.get(termios.tcgetattr(self._slave)[5]) != self._baud:
            self._forget_heard()
            self.lost += len(data)
            return
        self._heard += len(data)
        for body in self._reader.feed(data):
            self.cancel()  # any frame of the host aborts what runs, and its ACK does only that
            self._take_line(self._heard, 0.0)
            self._heard = 0
            self._on_frame(body)

    def _forget_heard(self) -> None:
        self._reader.clear()
        self._heard = 0

    def _take_line(self, count: int, after: float) -> None:
        duration = count * BITS_PER_BYTE / self._baud if self._baud else 0.0
        begin = max(self._line_free, self._loop.time() - self._late)
        self._late = 0.0
        self._line_free = begin + duration + after

    def _write_due(self) -> None:
        self._timer = None
        while self._queue:
            due, data = self._queue[0]
            now = self._loop.time()
            if due - now > SHORTEST_WAIT_S:
                self._timer = self._loop.call_at(due, self._write_due)
                return
            self._queue.popleft()
            self._late = min(now - due, MOST_LATE_S) if self._baud else 0.0
            self._write(data)

    def _write(self, data: bytes) -> None:
        try:
            written = os.write(self._master, data)
        except BlockingIOError:  # a host that does not read loses bytes, as on a real line
            written = 0
        self.lost += len(data) - written
