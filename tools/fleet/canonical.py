"""The canonical bytes of an entry, as `agent.canonical` has them and faster: the backend makes them of each event.

What a library writes in no time is taken where it is certain that it is the same; else the rule itself is asked.
"""

import re

import msgspec

from agent.canonical import encode

# Canonical, too, for a Struct whose fields' forms leave no doubt.
sorted_json = msgspec.json.Encoder(order="sorted").encode
# An integer that may be too large has this many digits; a hash may have them in a row, too.
_LONG_INTEGER = re.compile(rb"(?:\A|[\[:,-])[0-9]{16}")
_ALL_NOUGHTS, _LONG = bytes.maketrans(b"123456789", b"000000000"), b"0" * 16
# Of a text without its other ASCII, so that the end of what is not ASCII stands beside it.
_KEY_BEYOND_ASCII = re.compile(rb'[\x80-\xff]":')
_OTHER_ASCII = bytes(byte for byte in range(128) if byte not in b'":')
_MOST_PARTS = 100


class Float(float):
    """A number that is no integer, which has no canonical form: the library does not know this kind of it."""

    __slots__ = ()


def canonical(value: object) -> bytes:
    """The canonical bytes of `value`, in which floats are `Float`s. Raises CanonicalError."""
    found = quick(value)
    return encode(value) if found is None else found


def quick(value: object) -> bytes | None:
    """The canonical bytes of `value` where they are certain; None in doubt."""
    try:
        text = sorted_json(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    # How deep an entry may be nested is for the rule to say, wherever that could matter.
    doubtful = text.count(b"{") + text.count(b"[") > _MOST_PARTS or _is_doubtful(text) or not _has_ascii_keys(text)
    return None if doubtful else text


def _is_doubtful(text: bytes) -> bool:
    """Whether it may hold what needs an escape, null, or an integer that is too large. A search for all is slower."""
    if b"\\" in text or b"\x7f" in text or b"null" in text:
        return True
    return _LONG in text.translate(_ALL_NOUGHTS) and _LONG_INTEGER.search(text) is not None


def _has_ascii_keys(text: bytes) -> bool:
    """Of a JSON text without escapes: a text is a key when a colon follows its quote."""
    return text.isascii() or _KEY_BEYOND_ASCII.search(text.translate(None, _OTHER_ASCII)) is None
