"""Expiries, which are card data only beside a card's number: whole, or masked."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

NEAR = 24
"""Within how many bytes of a PAN an expiry counts as this card's."""

_MASK = rb"[*xX#._ \-\xe2\x80\xa2\xa6\xc2\xb7]{2,30}"  # also the bullet, the ellipsis and the middle dot in UTF-8
# Not inside a longer number, a date, a time or an amount.
_ALONE_BEFORE = rb"(?<!\d)(?<!\d[/:.\-])"
_ALONE_AFTER = rb"(?!\d|[/:.\-]\d)"
_DAY = rb"(?:0[1-9]|[12]\d|3[01])"


class Expiries:
    """Finds the expiries YYMM near any of `pans`, as text and as BCD."""

    def __init__(self, pans: Iterable[str], expiries: Iterable[str]) -> None:
        pans = tuple(pans)
        text_numbers = [pattern for pan in pans for pattern in (pan.encode(), _masked_pattern(pan))]
        bcd_numbers = [re.escape(bytes.fromhex(pan + "F" * (len(pan) % 2))) for pan in pans]
        self._pairs = [
            (re.compile(b"|".join(numbers), re.DOTALL), re.compile(forms, re.DOTALL), encoding)
            for expiry in expiries
            for numbers, forms, encoding in (
                (text_numbers, _text_forms(expiry), "text"),
                (bcd_numbers, re.escape(bytes.fromhex(expiry)), "BCD"),
            )
        ]

    def find(self, data: bytes) -> Iterator[tuple[str, int]]:
        """The encoding and the offset of each expiry that stands near a number."""
        for number, expiry, encoding in self._pairs:
            for at in number.finditer(data):
                yield from ((encoding, position) for position in _near(expiry, data, _Span(*at.span())))


class _Span(NamedTuple):
    start: int
    end: int


def _near(expiry: "re.Pattern[bytes]", data: bytes, number: _Span) -> Iterator[int]:
    # Read on past the end of what is near: a match must not be cut out of a longer number.
    for found in expiry.finditer(data, max(0, number.start - NEAR), number.end + NEAR + 8):
        outside = found.end() <= number.start or found.start() >= number.end
        if outside and found.start() <= number.end + NEAR:
            yield found.start()


def _masked_pattern(pan: str) -> bytes:
    first, last = (rb"[ \-]?".join(re.escape(digit.encode()) for digit in part) for part in (pan[:6], pan[-4:]))
    return first + _MASK + last


def _text_forms(expiry: str) -> bytes:
    """YYMM, YYMMDD, YY/MM, MM/YY, 20YY-MM."""
    year, month = expiry[:2].encode(), expiry[2:].encode()
    forms = rb"%b%b%b?|%b[/\-]%b|%b/(?:20)?%b|20%b[/\-]?%b" % (year, month, _DAY, year, month, month, year, year, month)
    return _ALONE_BEFORE + rb"(?:" + forms + rb")" + _ALONE_AFTER
