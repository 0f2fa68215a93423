"""What is around a message on the wire: two length bytes, TPDU, header.

| length 2, binary, of the rest | TPDU 5: 60, destination 2, source 2 | header 6, BCD | message |
Header: application class 60 or 61, version, terminal state, processing request, 6-digit version of the software.
"""

from collections import deque

from agent.errors import AcquirerLostError, MessageError, SettingsError

# Far above the longest message of the layout: a longer one means that the two sides no longer agree where frames begin.
MAX_FRAME = 4096

_LENGTH = 2
_TPDU = 5
_HEADER = 6
_TPDU_ID = 0x60
_HEADER_SENT = bytes.fromhex("603100310000")
_CLASSES = ("60", "61")
_REQUEST_DIGIT = 5


def parse_tpdu(text: str) -> bytes:
    """The TPDU of a setting such as `6000030000`. Raises SettingsError unless it is `60` and 8 more hex digits."""
    hexadecimal = text.isascii() and text.isalnum() and len(text) == 2 * _TPDU
    try:
        tpdu = bytes.fromhex(text) if hexadecimal else b""
    except ValueError:
        tpdu = b""
    if tpdu[:1] != bytes([_TPDU_ID]):
        raise SettingsError(f"tpdu {text!r} is not `60`, destination and source: ten hexadecimal digits")
    return tpdu


def wrap(tpdu: bytes, body: bytes) -> bytes:
    """The frame that carries the message `body` to the acquirer. Raises MessageError when it would be too long."""
    content = tpdu + _HEADER_SENT + body
    if len(content) > MAX_FRAME:
        raise MessageError(f"the frame would have {len(content)} bytes; {MAX_FRAME} are allowed")
    return len(content).to_bytes(_LENGTH, "big") + content


def unwrap(content: bytes) -> tuple[int, bytes]:
    """The acquirer's processing request (0 to 9) and the message in a frame whose length bytes are off.

    The addresses in the TPDU are the network's: which transaction an answer belongs to is for the core to say.
    Raises MessageError when TPDU or header are not such.
    """
    if len(content) < _TPDU + _HEADER:
        raise MessageError(f"a frame of {len(content)} bytes is too short for TPDU and header")
    if content[0] != _TPDU_ID:
        raise MessageError("the TPDU does not begin with 60")
    header = content[_TPDU : _TPDU + _HEADER].hex()
    if not header.isdigit():
        raise MessageError("the header is not 12 decimal digits")
    if header[:2] not in _CLASSES:
        raise MessageError("the header's application class is neither 60 nor 61")
    return int(header[_REQUEST_DIGIT]), content[_TPDU + _HEADER :]


class Inbox:
    """Cuts a stream of bytes into frames, which wait without their length bytes, oldest first."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._partial = bytearray()
        self._waiting = 0

    def __len__(self) -> int:
        """How many whole frames wait."""
        return len(self._frames)

    @property
    def size(self) -> int:
        """How many bytes of the stream wait, those of an unfinished frame included."""
        return self._waiting + len(self._partial)

    @property
    def partial(self) -> int:
        """How many bytes of an unfinished frame there are."""
        return len(self._partial)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream. Raises AcquirerLostError when a length cannot be true."""
        self._partial += data
        while len(self._partial) >= _LENGTH:
            length = int.from_bytes(self._partial[:_LENGTH], "big")
            if length > MAX_FRAME:
                raise AcquirerLostError(f"the acquirer announced a frame of {length} bytes; {MAX_FRAME} are allowed")
            end = _LENGTH + length
            if len(self._partial) < end:
                return
            self._frames.append(bytes(self._partial[_LENGTH:end]))
            self._waiting += end
            del self._partial[:end]

    def take(self) -> bytes:
        """The oldest whole frame, which then waits no longer; there must be one."""
        frame = self._frames.popleft()
        self._waiting -= _LENGTH + len(frame)
        return frame

    def drop_partial(self) -> None:
        """Forget an unfinished frame: its end went down with the connection."""
        self._partial.clear()
