"""Carries the bytes of one connection in one direction, and does to them what its lane has due."""

import asyncio

from tools.proxy.faults import Corrupt, Cut, Delay, Drop, Duplicate, Fault, Hold, Slice
from tools.proxy.lane import Lane

_PREFIX = 2
_CHUNK = 65_536


class CutError(Exception):
    """The fault `cut` ends the connection."""


class Frames:
    """Follows where frames of a two-byte length and so many bytes begin and end in a passing stream."""

    def __init__(self) -> None:
        self._prefix = b""
        self._left = 0

    @property
    def rest(self) -> int:
        """How many of the next bytes are surely of the frame that has begun; 0 between two frames."""
        return self._left or (_PREFIX - len(self._prefix) if self._prefix else 0)

    def feed(self, data: bytes) -> list[int]:
        """Take what passed; returns the lengths of the frames that began, prefix included."""
        began = []
        while data:
            if not self._left:
                missing = _PREFIX - len(self._prefix)
                self._prefix, data = self._prefix + data[:missing], data[missing:]
                if len(self._prefix) == _PREFIX:
                    self._left = int.from_bytes(self._prefix, "big")
                    self._prefix = b""
                    began.append(_PREFIX + self._left)
            taken = min(self._left, len(data))
            self._left -= taken
            data = data[taken:]
        return began


class Pump:
    """From `reader` to `writer` by the rules of `lane`."""

    def __init__(self, lane: Lane, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lane = lane
        self._reader = reader
        self._writer = writer
        self._frames = Frames()
        self._waiting = b""

    async def run(self) -> None:
        """Carry until the sender ends, then end the other side. Raises CutError, or OSError when a side breaks."""
        while data := await self._reader.read(_CHUNK):
            self._waiting += data
            while self._waiting and await self._step():
                pass
        await self._send(self._waiting)  # a frame that will never be whole
        self._writer.write_eof()

    async def _step(self) -> bool:
        """Do the next thing to the bytes that wait; False when more of them have to come first."""
        lane, fault = self._lane, self._lane.current
        if lane.waits_for_frame and self._frames.rest:
            await self._send(self._take(self._frames.rest))
        elif lane.takes_frames:
            size = _PREFIX + int.from_bytes(self._waiting[:_PREFIX], "big")
            if len(self._waiting) < max(size, _PREFIX):
                return False
            await self._frame(fault, self._take(size))
        elif fault is None:
            await self._send(self._take(len(self._waiting)))
        else:
            await self._bytes(fault)
        return True

    async def _frame(self, fault: Fault | None, frame: bytes) -> None:
        lane = self._lane
        copies = 1
        if lane.skip:
            lane.skip -= 1
        elif fault is not None:
            copies = 2 if isinstance(fault, Duplicate) else 0
            lane.has_happened()
        await self._send(frame * copies)
        if copies:
            await self._send(b"".join(lane.release()))
        elif isinstance(fault, Hold):
            lane.hold(frame)
        else:
            assert isinstance(fault, Drop)

    async def _bytes(self, fault: Fault) -> None:
        match fault:
            case Cut(at=at):
                await self._cut(at)
            case Corrupt(at=at, mask=mask):
                await self._corrupt(at, mask)
            case Delay(ms=ms):
                self._lane.has_happened()
                await asyncio.sleep(ms / 1000)
                await self._send(self._take(len(self._waiting)))
            case Slice(count=count):
                await self._slice(count)

    async def _cut(self, at: int) -> None:
        await self._send(self._counted(at))
        if self._lane.passed == at:
            self._lane.has_happened()
            raise CutError

    async def _corrupt(self, at: int, mask: int) -> None:
        data = self._counted(at + 1)
        if self._lane.passed > at:
            data = data[:-1] + bytes([data[-1] ^ mask])
            self._lane.has_happened()
        await self._send(data)

    async def _slice(self, count: int) -> None:
        data = self._counted(count)
        if self._lane.passed == count:
            self._lane.has_happened()
        for byte in data:
            await self._send(bytes([byte]))
            await asyncio.sleep(0)  # the event loop hands it to the system before the next one comes

    def _counted(self, end: int) -> bytes:
        """What waits of the first `end` bytes of the current fault; they count as passed."""
        data = self._take(end - self._lane.passed)
        self._lane.passed += len(data)
        return data

    def _take(self, count: int) -> bytes:
        data, self._waiting = self._waiting[:count], self._waiting[count:]
        self._lane.frames.extend(self._frames.feed(data))
        return data

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()
