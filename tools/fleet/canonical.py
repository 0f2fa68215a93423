"""The canonical bytes of an entry, as `agent.canonical` has them and faster: the backend makes them of each event.

What a library writes in no time is taken where it is certain that it is the same; else the rule itself is asked.
"""

import re

import msgspec

from agent.canonical import encode

_encode = msgspec.json.Encoder(order="sorted").encode
# A text that needs an escape, null, and an integer that may be too large.
_DOUBTFUL = re.compile(rb"\\|\x7f|null|(?:\A|[\[:,-])[0-9]{16}")
_MOST_PARTS = 100


class Float(float):
    """A number that is no integer, which has no canonical form: the library does not know this kind of it."""

    __slots__ = ()


def canonical(value: object) -> bytes:
    """The canonical bytes of `value`, in which floats are `Float`s. Raises CanonicalError."""
    try:
        quick = _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return encode(value)
    # How deep an entry may be nested is for the rule to say, wherever that could matter.
    if quick.count(b"{") + quick.count(b"[") > _MOST_PARTS or _DOUBTFUL.search(quick) or not _has_ascii_keys(quick):
        return encode(value)
    return quick


def _has_ascii_keys(text: bytes) -> bool:
    """Of a JSON text without escapes: every second piece between quotes is a string, and a key if a colon follows."""
    if text.isascii():
        return True
    pieces = text.split(b'"')
    return all(
        piece.isascii() or not after.startswith(b":") for piece, after in zip(pieces[1::2], pieces[2::2], strict=True)
    )
