"""Keeping card data out of what is shown: first six and last four digits of a card number, stars for all the rest.

Three nets, one behind the other. What the standards define as card data is hidden by its place. A card number that was
recognised anywhere in the input is hidden wherever it turns up again. And in values that may hold anything, whatever
looks like a card number is hidden as well, at the price of a star too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

STAR = "*"

# ISO 8583:1987, 4.3: PAN, expiry, tracks 2, 3 and 1, PIN block
CARD_ELEMENTS = frozenset({2, 14, 35, 36, 45, 52})
# EMV Book 3, annex A; 9F6B is Mastercard's (Kernel 2) track 2
CARD_TAGS = frozenset({0x56, 0x57, 0x5A, 0x5F20, 0x5F24, 0x9F1F, 0x9F20, 0x9F6B})

_SHORTEST, _LONGEST = 12, 19
_BEGINNING, _END = 6, 4
# A number of fewer digits, or of another industry than cards' 3 to 6 (ISO/IEC 7812-1), turns up by chance too often.
_TELLING = 13
_RUN = re.compile(r"[0-9]{13,}")
_BEFORE_SEPARATOR = re.compile(r"([0-9]{12,})(?=[D=^])")
# Tag 5A with a length of 6 to 10 bytes; the number follows.
_PAN_TAG = re.compile(r"5A0[6-9A]")
_TRACK = re.compile(r"([0-9]{12,19})[D=].*", re.DOTALL)


class Cards:
    """Hides card data; `data` is the whole input, in which card numbers are looked for first."""

    def __init__(self, data: bytes = b"") -> None:
        self._numbers: set[str] = set()
        nibbles = data.hex().upper()
        text = data.decode("latin-1")
        self._learn(_endings([*_BEFORE_SEPARATOR.findall(nibbles), *_BEFORE_SEPARATOR.findall(text)]))
        self._learn(_tagged(nibbles))

    def learn(self, number: str) -> None:
        """Hide `number` from here on, wherever it stands; what cannot be a card number is left alone."""
        if _SHORTEST <= len(number) <= _LONGEST and number.isdigit() and number.isascii():
            self._numbers.add(number)

    def hide(self, text: str, guess: bool = False) -> str:
        """`text` with stars in each known card number; with `guess` also in what looks like one."""
        return _starred(text, self._spans(text, guess))

    def hide_hex(self, shown: str, guess: bool = False) -> str:
        """Bytes in hexadecimal, some of them starred already, with stars in card numbers that are BCD or ASCII too."""
        pairs = [shown[at : at + 2] for at in range(0, len(shown), 2)]
        text = "".join(STAR if STAR in pair else chr(int(pair, 16)) for pair in pairs)
        inside = [(2 * start, 2 * end) for start, end in self._spans(text, guess)]
        return _starred(shown, [*inside, *self._spans(shown, guess and not _is_readable(text))])

    def _learn(self, numbers: Iterable[str]) -> None:
        self._numbers.update(number for number in numbers if _luhn(number))

    def _spans(self, text: str, guess: bool) -> list[tuple[int, int]]:
        """What to hide in `text`: the middle of each card number in it."""
        found = [(at, at + len(number)) for number in self._numbers for at in _places(text, number)]
        if guess:
            found += _likely(text)
        return [(start + _BEGINNING, end - _END) for start, end in found]


def is_readable(data: bytes) -> bool:
    """Whether `data` is printable ASCII throughout."""
    return _is_readable(data.decode("latin-1"))


def hidden(text: str) -> str:
    """`text` as stars of the same length."""
    return STAR * len(text)


def hidden_number(digits: str) -> str:
    """A PAN as its first six and last four digits with stars between; all stars when it is none."""
    plain = digits.rstrip("F")
    if not (_SHORTEST <= len(plain) <= _LONGEST and plain.isdigit()):
        return hidden(digits)
    return plain[:_BEGINNING] + hidden(plain[_BEGINNING:-_END]) + plain[-_END:] + digits[len(plain) :]


def hidden_track(track: str) -> str:
    """A track 2 as its PAN, masked, its separator, and stars (ISO/IEC 7813); all stars when it is none."""
    pan = track_number(track)
    if not pan:
        return hidden(track)
    return hidden_number(pan) + track[len(pan)] + hidden(track[len(pan) + 1 :])


def track_number(track: str) -> str:
    """The PAN before the separator of a track 2; "" when there is none."""
    match = _TRACK.fullmatch(track)
    return match[1] if match else ""


def _starred(text: str, spans: Iterable[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = STAR * (end - start)
    return "".join(characters)


def _places(text: str, number: str) -> Iterator[int]:
    at = text.find(number)
    while at >= 0:
        yield at
        at = text.find(number, at + 1)


def _likely(text: str) -> Iterator[tuple[int, int]]:
    """Where a run of digits in `text` holds something of the form of a card number."""
    for run in _RUN.finditer(text):
        for start in range(run.start(), run.end() - _TELLING + 1):
            for end in range(start + _TELLING, min(start + _LONGEST, run.end()) + 1):
                if text[start] in "3456" and _luhn(text[start:end]):
                    yield start, end


def _endings(runs: Iterable[str]) -> Iterator[str]:
    """Every ending of each run of digits that is long enough for a card number."""
    for run in runs:
        for size in range(_SHORTEST, min(len(run), _LONGEST) + 1):
            yield run[-size:]


def _is_readable(text: str) -> bool:
    return bool(text) and all(" " <= character <= "~" for character in text)


def _tagged(nibbles: str) -> Iterator[str]:
    """What follows tag and length of a PAN, without the filler of an odd one."""
    for match in _PAN_TAG.finditer(nibbles):
        end = match.end() + 2 * int(match[0][-1], 16)
        number = nibbles[match.end() : end].rstrip("F")
        if len(number) >= _SHORTEST and number.isdigit():
            yield number


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
