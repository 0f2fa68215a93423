"""Finds card data in what is about to leave, whoever put it there: the last guard behind types that print masked.

A number counts as a card's when its check digit is right (ISO/IEC 7812-1, annex B) and its first digits and length are
those of a scheme. The check digit alone would also condemn one in ten merchant numbers, times of day (14 digits) and
counters (13), and those have to pass.
"""

import re

from agent.card.pan import passes_luhn

CARD_NUMBER = "card number"
TRACK = "track data"

# At least 13 digits in a row; MicroPython's `re` knows no {m,n}.
_DIGITS = re.compile(b"[0-9]" * 13 + b"[0-9]*")
_SHORTEST = 13
_LONGEST = 19
# First digits, from and to -> the lengths of such numbers (ISO/IEC 7812-1; ranges as the schemes publish them).
_SCHEMES = (
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("81", "81", (16, 17, 18, 19)),
    ("9558", "9558", (16, 19)),  # ICBC's, older than UnionPay
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("3528", "3589", (16, 19)),  # JCB
    ("30", "30", (14, 16, 19)),  # Diners Club, Discover
    ("36", "36", (14, 16, 19)),
    ("38", "39", (14, 16, 19)),
    ("60", "60", (16, 19)),  # Discover, RuPay
    ("64", "65", (16, 19)),
    ("50", "50", (16, 19)),  # Maestro
    ("56", "58", (16, 19)),
    ("63", "63", (16, 19)),
    ("67", "68", (16, 19)),
    ("2200", "2204", (16, 19)),  # Mir
)
# What follows the number in track 1 and 2 (ISO/IEC 7813), and in tag 57 (EMV Book 3, annex A).
_SEPARATORS = b"^=Dd"
_LETTERS_AND_DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Hexadecimal digits of random numbers, hashes and signatures: now and then one looks like a track.
_DIGESTS = (32, 40, 64, 128)


class Guard:
    """Looks at what leaves this process, and counts what it kept back."""

    def __init__(self) -> None:
        self.kept_back = 0

    def objection(self, data: bytes) -> str:
        """What kind of card data is in `data`, "" when there is none; what there is, the caller keeps back."""
        leak = leak_in(data)
        if leak is None:
            return ""
        self.kept_back += 1
        return leak.what

    def masked(self, text: str) -> str:
        """`text` without card data."""
        data = text.encode()
        if leak_in(data) is None:
            return text
        self.kept_back += 1
        return masked(data).decode()


class Leak:
    """Card data in some bytes: `what` it is, where the number begins and ends, and where all of it ends."""

    def __init__(self, what: str, start: int, end: int, whole_end: int) -> None:
        self.what = what
        self.start = start
        self.end = end
        self.whole_end = whole_end


def leak_in(data: bytes) -> "Leak | None":
    """The first card data in `data`, a text in UTF-8; None where there is none."""
    return _next_leak(data, 0)


def masked(data: bytes) -> bytes:
    """`data` with first six and last four digits of each card number, and nothing of what followed it in a track."""
    leak = _next_leak(data, 0)
    while leak is not None:
        hidden = b"*" * (leak.end - leak.start - 10)
        tail = b"*" * (leak.whole_end - leak.end)
        data = data[: leak.start + 6] + hidden + data[leak.end - 4 : leak.end] + tail + data[leak.whole_end :]
        leak = _next_leak(data, leak.whole_end)
    return data


def _next_leak(data: bytes, at: int) -> "Leak | None":
    while True:
        rest = data[at:]
        found = _DIGITS.search(rest)
        if found is None:
            return None
        digits = found.group(0)
        start = at + rest.find(digits)
        at = start + len(digits)
        leak = _track(data, start, at) or _alone(data, start, at)
        if leak is not None:
            return leak


def _alone(data: bytes, start: int, end: int) -> "Leak | None":
    """A card number that nothing is written to on either side; nor is it the fraction of a number."""
    before, after = data[start - 1 : start] if start else b"", data[end : end + 1]
    if _is_alphanumeric(before) or _is_alphanumeric(after):
        return None
    if before == b"." and start > 1 and data[start - 2 : start - 1].isdigit():
        return None
    return Leak(CARD_NUMBER, start, end, end) if _is_card_number(data[start:end]) else None


def _track(data: bytes, start: int, end: int) -> "Leak | None":
    """A card number in front of a separator; in a dump of a card's answer other digits may come before it."""
    separator = data[end : end + 1]
    if not separator or separator not in _SEPARATORS:
        return None
    whole_end = _end_of_track(data, end, separator)
    if whole_end is None or _word_length(data, start, end) in _DIGESTS:
        return None
    for length in range(_SHORTEST, min(_LONGEST, end - start) + 1):
        if _is_card_number(data[end - length : end]):
            return Leak(TRACK, end - length, end, whole_end)
    return None


def _end_of_track(data: bytes, separator_at: int, separator: bytes) -> "int | None":
    """Where what follows the separator ends; None when it is nothing that follows one."""
    if separator == b"^":
        # Track 1 goes on with a name: all of it, to the end of the line or text.
        end = separator_at
        while end < len(data) and data[end] not in b'?"\r\n':
            end += 1
        return end
    end = separator_at + 1
    while data[end : end + 1].isdigit():
        end += 1
    following = data[separator_at + 1 : end]
    # YYMM and a service code of three digits at least.
    return end if len(following) >= 7 and b"01" <= following[2:4] <= b"12" else None


def _is_card_number(digits: bytes) -> bool:
    text = digits.decode()
    for first, last, lengths in _SCHEMES:
        if len(text) in lengths and first <= text[: len(first)] <= last:
            return passes_luhn(text)
    return False


def _word_length(data: bytes, start: int, end: int) -> int:
    """How many letters and digits stand together around `start` to `end`."""
    while start > 0 and _is_alphanumeric(data[start - 1 : start]):
        start -= 1
    while _is_alphanumeric(data[end : end + 1]):
        end += 1
    return end - start


def _is_alphanumeric(byte: bytes) -> bool:
    return len(byte) == 1 and byte in _LETTERS_AND_DIGITS
