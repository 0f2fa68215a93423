"""Messages on the wire: ISO 8583:1987 with BCD numbers, as UnionPay POS terminals and their acquirers speak it.

`ELEMENTS` is the whole layout. Decoding is strict, so that every message that decodes encodes to the same bytes again.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tools.errors import WireError

Value = str | bytes

_DIGITS = frozenset(string.digits)
_TRACK_CHARACTERS = _DIGITS | {"D"}
_MTI_BYTES = 2
_BITMAP_BYTES = 8
_LAST_ELEMENT = 64


class Kind(Enum):
    """How the value of a data element becomes bytes; the value names the Python type and the charset."""

    NUMBER = "digits, two a byte"
    TRACK = "digits and D for the separator, two a byte"
    ASCII = "ASCII without control characters"
    GBK = "GBK without control characters"
    BINARY = "bytes"


@dataclass(frozen=True)
class Element:
    """One row of the layout.

    `size` counts digits (NUMBER, TRACK) or bytes: exactly so many without a length prefix, at most so many with one.
    `prefix` is the length's own bytes in BCD: 0 fixed, 1 "LL", 2 "LLL". `left` puts the filler nibble of an odd fixed
    number behind the digits; a variable one always has it there. `padded` fills a fixed text with spaces.
    """

    kind: Kind
    size: int
    prefix: int = 0
    left: bool = False
    padded: bool = False


_FIXED_NUMBERS = {3: 6, 4: 12, 11: 6, 12: 6, 13: 4, 14: 4, 15: 4, 23: 3, 25: 2, 26: 2, 53: 16}
_FIXED_TEXTS = {37: 12, 38: 6, 39: 2, 41: 8, 42: 15, 49: 3}

# ISO 8583:1987, 4.3, with the alignments of the UnionPay POS specification. Where that names no maximum for a LLL
# element, 999 is what three digits can say. DE 43 is fixed here; this flavour's answers seldom carry it.
ELEMENTS: dict[int, Element] = {
    **{number: Element(Kind.NUMBER, size) for number, size in _FIXED_NUMBERS.items()},
    **{number: Element(Kind.ASCII, size) for number, size in _FIXED_TEXTS.items()},
    2: Element(Kind.NUMBER, 19, prefix=1),
    22: Element(Kind.NUMBER, 3, left=True),
    32: Element(Kind.NUMBER, 11, prefix=1),
    35: Element(Kind.TRACK, 37, prefix=1),
    36: Element(Kind.TRACK, 104, prefix=2),
    43: Element(Kind.GBK, 40, padded=True),
    44: Element(Kind.ASCII, 25, prefix=1),
    52: Element(Kind.BINARY, 8),
    54: Element(Kind.ASCII, 999, prefix=2),
    55: Element(Kind.BINARY, 999, prefix=2),
    60: Element(Kind.NUMBER, 999, prefix=2),
    61: Element(Kind.NUMBER, 999, prefix=2),
    62: Element(Kind.BINARY, 999, prefix=2),
    63: Element(Kind.GBK, 999, prefix=2),
    64: Element(Kind.BINARY, 8),
}


class Message:
    """A message type indicator and its data elements by number: text as `str`, binary elements as `bytes`."""

    def __init__(self, mti: str, fields: Mapping[int, Value]) -> None:
        self.mti = mti
        self.fields = dict(fields)

    def text(self, number: int) -> str:
        """The text element `number`, "" when it is absent or binary."""
        value = self.fields.get(number, "")
        return value if isinstance(value, str) else ""

    def __repr__(self) -> str:
        """The elements' numbers only: values may be card data."""
        return f"<Message {self.mti} {sorted(self.fields)}>"


def encode(message: Message) -> bytes:
    """Return MTI, bitmap and elements as bytes. Raises WireError for a value that does not fit the layout."""
    if len(message.mti) != 2 * _MTI_BYTES or not _DIGITS.issuperset(message.mti):
        raise WireError("mti", f"the message type {message.mti!r} is not four digits")
    bitmap = 0
    body = b""
    for number in sorted(message.fields):
        element = _element(number)
        bitmap |= 1 << (_LAST_ELEMENT - number)
        body += _encode_element(number, element, message.fields[number])
    return bytes.fromhex(message.mti) + bitmap.to_bytes(_BITMAP_BYTES, "big") + body


def decode(data: bytes) -> Message:
    """Return the message that `data` is, to its last byte. Raises WireError otherwise."""
    cursor = _Cursor(data)
    mti = cursor.take(_MTI_BYTES, "the message type").hex()
    if not _DIGITS.issuperset(mti):
        raise WireError("mti", "the message type is not four BCD digits")
    bitmap = int.from_bytes(cursor.take(_BITMAP_BYTES, "the bitmap"), "big")
    fields: dict[int, Value] = {}
    for number in range(1, _LAST_ELEMENT + 1):
        if bitmap >> (_LAST_ELEMENT - number) & 1:
            fields[number] = _decode_element(number, _element(number), cursor)
    if cursor.remaining:
        raise WireError("trailing", f"{cursor.remaining} bytes follow the last element of the {mti}")
    return Message(mti, fields)


class _Cursor:
    """Takes bytes from the front of `data`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def remaining(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int, what: str) -> bytes:
        if count > self.remaining:
            raise WireError("truncated", f"{what} needs {count} bytes, {self.remaining} are left")
        self._at += count
        return self._data[self._at - count : self._at]


def _element(number: int) -> Element:
    try:
        return ELEMENTS[number]
    except KeyError:
        raise WireError("unknown_element", f"DE {number} is not in the layout") from None


def _is_packed(element: Element) -> bool:
    return element.kind in (Kind.NUMBER, Kind.TRACK)


def _encode_element(number: int, element: Element, value: Value) -> bytes:
    if isinstance(value, bytes) != (element.kind is Kind.BINARY):
        raise WireError("type", f"DE {number} is {type(value).__name__}, but the layout says {element.kind.value}")
    if isinstance(value, bytes):
        return _prefix(number, element, len(value)) + value
    if _is_packed(element):
        _check_characters(number, element, value)
        return _prefix(number, element, len(value)) + _pack(element, value)
    data = _encode_text(number, element, value)
    return _prefix(number, element, len(data)) + data


def _encode_text(number: int, element: Element, value: str) -> bytes:
    _check_control_characters(number, value)
    if element.padded and value.endswith(" "):
        raise WireError("text", f"DE {number} ends with a space, which its padding would swallow")
    try:
        data = value.encode(_charset(element))
    except UnicodeEncodeError:
        raise WireError("text", f"DE {number} is not {element.kind.value}") from None
    return data.ljust(element.size) if element.padded else data


def _decode_element(number: int, element: Element, cursor: _Cursor) -> Value:
    count = _count(number, element, cursor)
    if _is_packed(element):
        return _unpack(number, element, cursor.take((count + 1) // 2, f"DE {number}"), count)
    data = cursor.take(count, f"DE {number}")
    return data if element.kind is Kind.BINARY else _decode_text(number, element, data)


def _decode_text(number: int, element: Element, data: bytes) -> str:
    try:
        value = data.decode(_charset(element))
    except UnicodeDecodeError:
        raise WireError("text", f"DE {number} is not {element.kind.value}") from None
    _check_control_characters(number, value)
    return value.rstrip(" ") if element.padded else value


def _check_control_characters(number: int, value: str) -> None:
    # Not str.isprintable: Chinese names may hold the ideographic space, which Python counts as not printable.
    if any(character < " " or character == "\x7f" for character in value):
        raise WireError("text", f"DE {number} holds a control character")


def _charset(element: Element) -> str:
    return "gbk" if element.kind is Kind.GBK else "ascii"


def _prefix(number: int, element: Element, count: int) -> bytes:
    """The length prefix for `count` digits or bytes; checks `count` for a fixed element, which has none."""
    if count > element.size or (count < element.size and not element.prefix):
        wanted = f"at most {element.size}" if element.prefix else f"exactly {element.size}"
        raise WireError("length", f"DE {number} is {count} long, the layout says {wanted}")
    return bytes.fromhex(str(count).zfill(2 * element.prefix)) if element.prefix else b""


def _count(number: int, element: Element, cursor: _Cursor) -> int:
    if not element.prefix:
        return element.size
    digits = cursor.take(element.prefix, f"the length of DE {number}").hex()
    if not _DIGITS.issuperset(digits):
        raise WireError("length", f"the length of DE {number} is not BCD")
    if int(digits) > element.size:
        raise WireError(
            "length", f"DE {number} claims to be {int(digits)} long, the layout says at most {element.size}"
        )
    return int(digits)


def _pack(element: Element, value: str) -> bytes:
    filler = "0" * (len(value) % 2)
    return bytes.fromhex(value + filler if element.left or element.prefix else filler + value)


def _unpack(number: int, element: Element, data: bytes, count: int) -> str:
    nibbles = data.hex().upper()
    behind = element.left or element.prefix
    value, filler = (nibbles[:count], nibbles[count:]) if behind else (nibbles[-count:], nibbles[:-count])
    if filler.strip("0"):
        raise WireError("padding", f"DE {number} has a filler nibble that is not 0")
    _check_characters(number, element, value)
    return value


def _check_characters(number: int, element: Element, value: str) -> None:
    allowed = _TRACK_CHARACTERS if element.kind is Kind.TRACK else _DIGITS
    if not allowed.issuperset(value):
        raise WireError("bcd", f"DE {number} is not {element.kind.value}")
