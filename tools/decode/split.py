"""Finds where the parts of an ISO 8583 message lie, with or without what travels around it.

The layout and the values are the wire codec's (`tools.acquirer.wire`): element by element, so that everything before
a fault is still understood. What is here is not masked: it never leaves this package.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from provisioning.texts import _, mark
from tools.acquirer import wire
from tools.acquirer.frame import HEADER_BYTES, LENGTH_BYTES, TPDU_BYTES
from tools.acquirer.wire import ELEMENTS, Element, Kind, Value
from tools.decode.errors import DecodeError
from tools.decode.parts import Problem
from tools.errors import WireError

_MTI_BYTES, _BITMAP_BYTES = 2, 8
_TPDU_START, _HEADER_STARTS = 0x60, (0x60, 0x61)
# What may stand before the MTI, the fullest first.
_SHAPES = ((TPDU_BYTES, HEADER_BYTES), (TPDU_BYTES, 0), (0, HEADER_BYTES), (0, 0))

# What the codec finds wrong, by the short name of its error.
_FAULTS = {
    "length": mark("its length is not BCD digits"),
    "bcd": mark("it holds something else than digits"),
    "padding": mark("the filler nibble of its odd number of digits is not 0"),
    "text": mark("it is not text: a control character, or bytes outside its character set"),
}


@dataclass(frozen=True, repr=False)
class Field:
    """One data element as it lies in the message: `raw` with its length prefix, `prefix` bytes of it."""

    number: int
    offset: int
    raw: bytes
    prefix: int
    value: Value


@dataclass(repr=False)
class Split:
    """A message and what is around it; empty where it is not there. `data` is everything from the length on."""

    data: bytes
    length: bytes = b""
    tpdu: bytes = b""
    header: bytes = b""
    mti: bytes = b""
    bitmap: bytes = b""
    fields: list[Field] = field(default_factory=list)
    problem: Problem | None = None

    @property
    def mti_offset(self) -> int:
        """Where the message itself begins."""
        return len(self.length) + len(self.tpdu) + len(self.header)

    @property
    def mti_text(self) -> str:
        """The message type, four digits."""
        return self.mti.hex()

    @property
    def numbers(self) -> list[int]:
        """The elements that the bitmap announces, understood or not."""
        return numbers_of(self.bitmap)

    def text(self, number: int) -> str:
        """The text element `number`, "" when it is absent or binary."""
        value = next((one.value for one in self.fields if one.number == number), "")
        return value if isinstance(value, str) else ""


def numbers_of(bitmap: bytes) -> list[int]:
    """The numbers of the bits that are set, the first bit being 1."""
    bits = int.from_bytes(bitmap, "big")
    count = 8 * len(bitmap)
    return [number for number in range(1, count + 1) if bits >> (count - number) & 1]


def split(data: bytes) -> Split:
    """The parts of `data`: of the ways to read its beginning, the first that works to the end, else the first likely.

    Raises DecodeError when no message can begin in it.
    """
    attempts = [_attempt(data, length, tpdu, header) for length, tpdu, header in _likely_shapes(data)]
    if not attempts:
        raise DecodeError(
            _("{count} bytes hold no message: a message type and a bitmap are {least}").format(
                count=len(data), least=_MTI_BYTES + _BITMAP_BYTES
            )
        )
    return next((one for one in attempts if one.problem is None), attempts[0])


def _likely_shapes(data: bytes) -> list[tuple[int, int, int]]:
    """How many bytes of length, TPDU and header may stand before the MTI: the likeliest first."""
    right_length = int.from_bytes(data[:LENGTH_BYTES], "big") == len(data) - LENGTH_BYTES
    lengths = (LENGTH_BYTES, 0) if right_length else (0, LENGTH_BYTES)
    shapes = [(length, tpdu, header) for tpdu, header in _SHAPES for length in lengths]
    likely = [shape for shape in shapes if _is_likely(data, *shape)]
    if len(data) >= _MTI_BYTES + _BITMAP_BYTES:
        likely.append((0, 0, 0))  # a message type that no standard has
    return likely


def _is_likely(data: bytes, length: int, tpdu: int, header: int) -> bool:
    if len(data) < length + tpdu + header + _MTI_BYTES + _BITMAP_BYTES:
        return False
    if tpdu and data[length] != _TPDU_START:
        return False
    if header and (data[length + tpdu] not in _HEADER_STARTS):
        return False
    # An MTI of the edition of 1987 begins with 0, and no class is 0 (ISO 8583:1987, 4.1).
    mti = data[length + tpdu + header]
    return mti >> 4 == 0 and 0 < mti <= 9


def _attempt(data: bytes, length: int, tpdu: int, header: int) -> Split:
    found = Split(data)
    found.length = data[:length]
    found.tpdu = data[length:][:tpdu]
    found.header = data[length + tpdu :][:header]
    at = found.mti_offset
    found.mti = data[at : at + _MTI_BYTES]
    found.bitmap = data[at + _MTI_BYTES : at + _MTI_BYTES + _BITMAP_BYTES]
    found.problem = _wrong_around(found) or _walk(found, at + _MTI_BYTES + _BITMAP_BYTES)
    return found


def _wrong_around(found: Split) -> Problem | None:
    """A header or MTI that is not BCD; what follows would mean nothing."""
    if not found.header.hex().isdigit() and found.header:
        return Problem("header", len(found.length) + len(found.tpdu), _("it is not BCD digits"))
    if not found.mti_text.isdigit():
        return Problem("MTI", found.mti_offset, _("it is not BCD digits"))
    return None


def _walk(found: Split, at: int) -> Problem | None:
    """Take element after element from offset `at`; the problem when it does not come out even."""
    for number in found.numbers:
        element = ELEMENTS.get(number)
        if element is None:
            return Problem(f"DE {number}", at, _("it is set in the bitmap, but not in the layout; its size is unknown"))
        raw = found.data[at : at + _size(element, found.data, at)]
        try:
            value = _value(number, raw)
        except WireError as error:
            return Problem(f"DE {number}", at, _explained(error, element, found.data, at))
        found.fields.append(Field(number, at, raw, element.prefix, value))
        at += len(raw)
    if at < len(found.data):
        text = _("bytes behind the last element: {count}").format(count=len(found.data) - at)
        return Problem("end", at, text)
    return _wrong_length(found)


def _wrong_length(found: Split) -> Problem | None:
    said, follow = int.from_bytes(found.length, "big"), len(found.data) - len(found.length)
    if found.length and said != follow:
        text = _("it says {said} bytes, {follow} follow").format(said=said, follow=follow)
        return Problem("length", 0, text)
    return None


def _size(element: Element, data: bytes, at: int) -> int:
    """How many bytes the element at `at` claims, prefix included."""
    digits = data[at : at + element.prefix].hex()
    count = element.size if not element.prefix else int(digits) if digits.isdigit() else 0
    packed = element.kind in (Kind.NUMBER, Kind.TRACK)
    return element.prefix + ((count + 1) // 2 if packed else count)


def _value(number: int, raw: bytes) -> Value:
    """What the codec makes of `raw` as the only element of a message. Raises WireError."""
    bitmap = (1 << (64 - number)).to_bytes(_BITMAP_BYTES, "big")
    return wire.decode(bytes(_MTI_BYTES) + bitmap + raw).fields[number]


def _explained(error: WireError, element: Element, data: bytes, at: int) -> str:
    """What is wrong with the element at `at`, never with its value in the text."""
    if error.reason == "truncated":
        needed, left = max(_size(element, data, at), element.prefix), len(data) - at
        return _("it needs {needed} bytes, {left} are left").format(needed=needed, left=left)
    if error.reason == "length" and data[at : at + element.prefix].hex().isdigit():
        said = int(data[at : at + element.prefix].hex())
        return _("its length says {said}, the layout allows {most}").format(said=said, most=element.size)
    return _(_FAULTS[error.reason])
