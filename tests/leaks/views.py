"""Other ways to read the same bytes: unescaped, without what stands between digits, decompressed."""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

LARGEST_MEMBER = 16 * 1024 * 1024
"""How much of one compressed member is looked at, so that a bomb cannot stop the search."""
RAW_DEFLATE_ANYWHERE = 4096
"""Up to this size a raw deflate stream, which has no signature, is tried at every offset; beyond it, at the start."""

WITHOUT_WHITE_SPACE = "without white space"
WITHOUT_SEPARATORS = "without separators"

_BETWEEN = b" \t\r\n\x00-:.,;/|_"
_WHITE = b" \t\r\n"
_ESCAPE = re.compile(
    rb"\\u00([0-9A-Fa-f]{2})"  # JSON, JavaScript
    rb"|\\x([0-9A-Fa-f]{2})"  # Python's repr of bytes
    rb"|%([0-9A-Fa-f]{2})"  # URL
    rb"|&#x([0-9A-Fa-f]{2});"  # HTML
    rb"|&#([0-9]{2,3});"
    rb"|0[xX]([0-9A-Fa-f]{2})(?:,\s*)?"  # a list of bytes
    rb"|\\([tnr\\'\"/])"
)
_SHORT = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}
# The two bytes of a zlib header (RFC 1950, 2.2): deflate, any window, no preset dictionary, divisible by 31.
_ZLIB = [
    bytes((method, flags))
    for method in range(0x08, 0x88, 0x10)
    for flags in range(256)
    if not flags & 0x20 and (method << 8 | flags) % 31 == 0
]
_MARKS = re.compile(
    rb"\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\x00|PK\x03\x04|" + b"|".join(re.escape(mark) for mark in _ZLIB), re.DOTALL
)
_CHUNK = 512


class View(NamedTuple):
    """Other bytes that the data stands for: how they came about, and where in the data they begin."""

    name: str
    offset: int
    data: bytes


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def unescaped(data: bytes) -> Iterator[View]:
    """The data with JSON, repr, percent, HTML and 0x escapes resolved, when it has any."""
    plain = _ESCAPE.sub(_character, data)
    if plain != data:
        yield View("unescaped", 0, plain)


def closed_up(data: bytes) -> Iterator[View]:
    """The data without white space (base64 over several lines), and without anything that groups digits."""
    for name, characters in ((WITHOUT_WHITE_SPACE, _WHITE), (WITHOUT_SEPARATORS, _BETWEEN)):
        plain = data.translate(None, characters)
        if len(plain) != len(data):
            yield View(name, 0, plain)


def decompressed(data: bytes) -> Iterator[View]:
    """Every gzip, zlib, bzip2, xz and zip member that begins anywhere in the data, as far as it can be read."""
    for mark in _MARKS.finditer(data):
        yield from _member(data, mark.start(), mark.group())
    if data.isascii() and b"\x00" not in data:
        return  # text: a deflate stream is never all ASCII, but for a few bytes
    last = len(data) if len(data) <= RAW_DEFLATE_ANYWHERE else 1
    for offset in range(last):
        yield from _inflated("deflate", data, offset, lambda: zlib.decompressobj(-15))


def _member(data: bytes, at: int, mark: bytes) -> Iterator[View]:
    if mark.startswith(b"\x1f"):
        yield from _inflated("gzip", data, at, lambda: zlib.decompressobj(31))
    elif mark.startswith(b"BZ"):
        yield from _inflated("bzip2", data, at, bz2.BZ2Decompressor)
    elif mark.startswith(b"\xfd"):
        yield from _inflated("xz", data, at, lzma.LZMADecompressor)
    elif mark.startswith(b"PK"):
        name_length, extra_length = (int.from_bytes(data[at + n : at + n + 2], "little") for n in (26, 28))
        yield from _inflated("zip", data, at + 30 + name_length + extra_length, lambda: zlib.decompressobj(-15))
    else:
        yield from _inflated("zlib", data, at, zlib.decompressobj)


def _inflated(name: str, data: bytes, offset: int, make: Callable[[], _Decompressor]) -> Iterator[View]:
    """What a decompressor makes of the data from `offset` on, up to its end or the first error."""
    decompressor, parts, size = make(), [], 0
    for start in range(offset, len(data), _CHUNK):
        try:
            part = decompressor.decompress(data[start : start + _CHUNK])
        except (zlib.error, OSError, lzma.LZMAError, EOFError):
            break
        parts.append(part)
        size += len(part)
        if decompressor.eof or size > LARGEST_MEMBER:
            break
    if size:
        yield View(name, offset, b"".join(parts))


def _character(escape: "re.Match[bytes]") -> bytes:
    *hexadecimal, decimal, listed, short = escape.groups()
    for digits in (*hexadecimal, listed):
        if digits is not None:
            return bytes([int(digits, 16)])
    if decimal is not None:
        return bytes([int(decimal) & 0xFF])
    return _SHORT.get(short, short)
