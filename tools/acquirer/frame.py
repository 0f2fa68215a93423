"""Frames between terminal and acquirer: length, TPDU, header, message (UnionPay POS flavour)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tools.errors import WireError

LENGTH_BYTES = 2
TPDU_BYTES = 5
HEADER_BYTES = 6
# MTI and bitmap: nothing shorter is a message.
SHORTEST_FRAME = TPDU_BYTES + HEADER_BYTES + 10
# A sale with its chip data takes about 300 bytes; the cap keeps a wrong length from waiting for 65,535.
LONGEST_FRAME = 2048

_TPDU_IDENTIFIER = 0x60
_APPLICATION_CLASSES = ("60", "61")


@dataclass(frozen=True, repr=False)
class Frame:
    """What travels behind the length: transport addresses, the application's header, and one message in bytes."""

    tpdu: bytes
    header: bytes
    message: bytes

    @classmethod
    def parse(cls, data: bytes) -> Frame:
        """Split the bytes behind the length. Raises WireError."""
        if len(data) < SHORTEST_FRAME:
            raise WireError("short", f"a frame of {len(data)} bytes holds no message, {SHORTEST_FRAME} is the least")
        tpdu, rest = data[:TPDU_BYTES], data[TPDU_BYTES:]
        header, message = rest[:HEADER_BYTES], rest[HEADER_BYTES:]
        if tpdu[0] != _TPDU_IDENTIFIER:
            raise WireError("tpdu", f"the TPDU begins with {tpdu[0]:02X}, not {_TPDU_IDENTIFIER:02X}")
        if not header.hex().isdigit() or header.hex()[:2] not in _APPLICATION_CLASSES:
            raise WireError("header", "the header is not twelve BCD digits of application class 60 or 61")
        return cls(tpdu, header, message)

    def reply(self, message: bytes, request: int = 0) -> Frame:
        """The frame that carries `message` back: addresses swapped, header echoed but for its processing request.

        `request` is the host's own, 0 to 9: the sixth digit of the header, behind the terminal's state.
        """
        header = self.header[:2] + bytes([self.header[2] & 0xF0 | request]) + self.header[3:]
        return Frame(self.tpdu[:1] + self.tpdu[3:5] + self.tpdu[1:3], header, message)

    def to_bytes(self) -> bytes:
        """Length and frame, as they are sent."""
        data = self.tpdu + self.header + self.message
        return len(data).to_bytes(LENGTH_BYTES, "big") + data


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame, None when the connection ended between two. Raises WireError."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        if length > LONGEST_FRAME:
            raise WireError("oversize", f"a frame claims {length} bytes, {LONGEST_FRAME} is the most")
        return Frame.parse(await reader.readexactly(length))
    except asyncio.IncompleteReadError as end:
        if not end.partial and end.expected == LENGTH_BYTES:
            return None
        raise WireError("truncated", "the connection ended inside a frame") from None
