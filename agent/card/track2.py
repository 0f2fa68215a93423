"""Track 2 of a card, from tag 57 to DE 35."""

import binascii

from agent.card.pan import DIGITS, CardSecret, Pan
from agent.errors import CardError

# 37 digits and separators, in whole bytes (EMV Book 3, annex A; ISO/IEC 7813)
_LONGEST = 19
# Expiry YYMM and service code follow the separator, and any discretionary digits follow them.
_FIXED = 7


class Track2(CardSecret):
    """Track 2 equivalent data: card number, `D`, expiry, service code, the issuer's own digits.

    `reveal` gives the text of DE 35, with `D` for the separator. `pan` is the card number as a masked secret.
    """

    __slots__ = ("pan",)

    def __init__(self, value: bytes) -> None:
        """`value` is that of tag 57. Raises CardError CARD_TRACK2, naming what is wrong and none of the data."""
        if not 1 <= len(value) <= _LONGEST:
            raise CardError("CARD_TRACK2", "track 2 has {} bytes, not 1 to {}".format(len(value), _LONGEST))
        text = binascii.hexlify(value).decode().upper()
        if text.endswith("F"):
            text = text[:-1]
        number, separator, rest = text.partition("D")
        if not separator:
            raise CardError("CARD_TRACK2", "track 2 has no separator behind the card number")
        pan = Pan(number)
        _check_rest(rest)
        if len(text) > 37:
            raise CardError("CARD_TRACK2", "track 2 has {} characters, at most 37 are allowed".format(len(text)))
        super().__init__(text, pan.masked)
        self.pan = pan

    def is_expired(self, today: str) -> bool:
        """Whether the card's last month is before `today`, given as YYMM; a card is good to the end of its month."""
        return _month(self._expiry()) < _month(today)

    def _expiry(self) -> str:
        return self._secret.partition("D")[2][:4]


def _check_rest(rest: str) -> None:
    if not all(c in DIGITS for c in rest):
        raise CardError("CARD_TRACK2", "track 2 holds something else than digits behind the separator")
    if len(rest) < _FIXED:
        raise CardError("CARD_TRACK2", "track 2 ends before its expiry and service code are complete")
    if not 1 <= int(rest[2:4]) <= 12:
        raise CardError("CARD_TRACK2", "the expiry of track 2 is no month")


def _month(yymm: str) -> int:
    # Months since the year 0; a year of 50 and more is of the last century (EMV Book 4, 6.7.3).
    year = int(yymm[:2])
    return ((1900 if year >= 50 else 2000) + year) * 12 + int(yymm[2:])
