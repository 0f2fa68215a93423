"""The data elements of the layout and how each looks on the wire, as pyiso8583 wants to be told.

ISO 8583:1987, 4.3, in the UnionPay POS flavour: numbers are BCD, lengths are BCD (LL one byte, LLL two) and count
digits for numbers and tracks, bytes for everything else.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

LL = 1
LLL = 2


class Kind(Enum):
    """What a data element holds; the value is pyiso8583's `data_enc`, told apart by the second member."""

    DIGITS = ("b", "digits")
    TRACK = ("b", "track")
    BINARY = ("b", "bytes")
    TEXT = ("ascii", "text")
    CHINESE = ("gbk", "text")

    @property
    def encoding(self) -> str:
        """The `data_enc` of pyiso8583: `b` for packed data, else the name of a codec."""
        return self.value[0]


@dataclass(frozen=True)
class Element:
    """One data element: `size` is its fixed or largest length in digits (numbers, tracks) or bytes (the others).

    `prefix` is the number of length bytes, 0 for a fixed length. An odd number of digits is filled up with a 0 nibble
    at the right, or at the left where `right_aligned`.
    """

    kind: Kind
    size: int
    prefix: int = 0
    right_aligned: bool = False

    def rule(self) -> dict[str, Any]:
        """The element as a field of a pyiso8583 specification."""
        packed = self.kind in (Kind.DIGITS, Kind.TRACK)
        rule = {
            "data_enc": self.kind.encoding,
            "len_enc": "bcd",
            "len_type": self.prefix,
            "max_len": self.size,
            "len_count": "nibbles" if packed else "bytes",
        }
        if packed:
            rule["left_pad" if self.right_aligned else "right_pad"] = "0"
        return rule


ELEMENTS = {
    2: Element(Kind.DIGITS, 19, LL),
    3: Element(Kind.DIGITS, 6),
    4: Element(Kind.DIGITS, 12),
    11: Element(Kind.DIGITS, 6),
    12: Element(Kind.DIGITS, 6),
    13: Element(Kind.DIGITS, 4),
    14: Element(Kind.DIGITS, 4),
    15: Element(Kind.DIGITS, 4),
    22: Element(Kind.DIGITS, 3),
    23: Element(Kind.DIGITS, 3, right_aligned=True),
    25: Element(Kind.DIGITS, 2),
    26: Element(Kind.DIGITS, 2),
    32: Element(Kind.DIGITS, 11, LL),
    35: Element(Kind.TRACK, 37, LL),
    36: Element(Kind.TRACK, 104, LLL),
    37: Element(Kind.TEXT, 12),
    38: Element(Kind.TEXT, 6),
    39: Element(Kind.TEXT, 2),
    41: Element(Kind.TEXT, 8),
    42: Element(Kind.TEXT, 15),
    # Rare in this flavour; our definition is 40 bytes of GBK, filled with spaces at the right.
    43: Element(Kind.CHINESE, 40),
    44: Element(Kind.TEXT, 25, LL),
    49: Element(Kind.TEXT, 3),
    52: Element(Kind.BINARY, 8),
    53: Element(Kind.DIGITS, 16),
    54: Element(Kind.TEXT, 999, LLL),
    55: Element(Kind.BINARY, 999, LLL),
    60: Element(Kind.DIGITS, 999, LLL),
    61: Element(Kind.DIGITS, 999, LLL),
    62: Element(Kind.BINARY, 999, LLL),
    # "ans" in answers: issuers and acquirers put Chinese remarks behind the first three characters.
    63: Element(Kind.CHINESE, 999, LLL),
    64: Element(Kind.BINARY, 8),
}

# The transport header is not pyiso8583's business (`h` is off): `frame` takes it off before the MAC is computed.
SPECIFICATION: dict[str, dict[str, Any]] = {
    "h": {"data_enc": "b", "len_enc": "b", "len_type": 0, "max_len": 0},
    "t": {"data_enc": "b", "len_enc": "b", "len_type": 0, "max_len": 2},
    "p": {"data_enc": "b", "len_enc": "b", "len_type": 0, "max_len": 8},
} | {str(number): element.rule() for number, element in ELEMENTS.items()}
