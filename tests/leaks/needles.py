"""The byte sequences by which card data shows itself: one secret, many encodings."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TRACK2 = re.compile(r"(\d{12,19})[D=](\d{7,})F?")
# Fewer digits than these after the PAN would also turn up by chance, in a hash or in compressed data.
_TELLING_REST = 11

TEXT = "text"
BASE64 = "base64"
BINARY = "binary"


@dataclass(frozen=True)
class Needle:
    """Bytes that may appear only where card data is; `before` and `after` are the nibbles that must stand beside it."""

    kind: str
    label: str
    encoding: str
    pattern: bytes
    before: int | None = None
    after: int | None = None

    def positions(self, data: bytes) -> Iterator[int]:
        """Every offset in `data` at which the needle lies."""
        at = data.find(self.pattern)
        while at >= 0:
            if self._fits(data, at):
                yield at
            at = data.find(self.pattern, at + 1)

    def _fits(self, data: bytes, at: int) -> bool:
        end = at + len(self.pattern)
        left = self.before is None or (at > 0 and data[at - 1] & 0x0F == self.before)
        return left and (self.after is None or (end < len(data) and data[end] >> 4 == self.after))


def pan_needles(pan: str) -> list[Needle]:
    """A PAN as text, UTF-16, BCD, binary integer, hexadecimal and base64."""
    label = masked(pan)
    number = int(pan)
    size = (number.bit_length() + 7) // 8
    return [
        *_text_needles(label, pan),
        *_bcd_needles(label, pan),
        Needle(BINARY, label, "integer, big endian", number.to_bytes(size, "big")),
        Needle(BINARY, label, "integer, little endian", number.to_bytes(size, "little")),
    ]


def track2_needles(track2: str) -> list[Needle]:
    """What follows the PAN in a track 2 (ISO/IEC 7813; EMV tag 57), where it is long enough to tell."""
    pan, rest = parts_of(track2)
    if len(rest) < _TELLING_REST:
        return []
    label = f"track 2 after {masked(pan)}"
    texts = [needle for separator in "D=d" for needle in _text_needles(label, separator + rest)]
    return [*texts, *_bcd_needles(label, f"D{rest}")]


def parts_of(track2: str) -> tuple[str, str]:
    """The PAN of a track 2, and what follows the separator. Raises ValueError, without the value, for no track 2."""
    match = _TRACK2.fullmatch(track2)
    if match is None:
        raise ValueError("a track 2 is PAN, D or =, YYMM, service code, discretionary data: digits only")
    return match[1], match[2]


def masked(pan: str) -> str:
    """First six and last four digits, the most that may be shown (PCI DSS 4.0.1, 3.4.1)."""
    return f"{pan[:6]}{'*' * (len(pan) - 10)}{pan[-4:]}"


def _text_needles(label: str, text: str) -> Iterator[Needle]:
    ascii_bytes = text.encode()
    little, big = text.encode("utf-16-le"), text.encode("utf-16-be")
    plain = {"text": ascii_bytes, "UTF-16 LE": little, "UTF-16 BE": big}
    for encoding, data in plain.items():
        yield Needle(TEXT, label, encoding, data)
        yield from _hex_needles(label, encoding, data)
        yield from _base64_needles(label, encoding, data)


def _hex_needles(label: str, encoding: str, data: bytes) -> Iterator[Needle]:
    for digits in (data.hex(), data.hex().upper()):
        yield Needle(TEXT, label, f"hexadecimal of {encoding}", digits.encode())


def _bcd_needles(label: str, digits: str) -> Iterator[Needle]:
    """Packed digits, beginning at a whole byte and in the middle of one; half a byte at an end is looked at apart."""
    nibbles = [int(digit, 16) for digit in digits]
    for start, alignment in ((0, "BCD"), (1, "BCD, shifted by half a byte")):
        whole = nibbles[start : start + (len(nibbles) - start) // 2 * 2]
        packed = bytes(high << 4 | low for high, low in zip(whole[::2], whole[1::2], strict=True))
        before = nibbles[0] if start else None
        after = nibbles[-1] if start + len(whole) < len(nibbles) else None
        yield Needle(BINARY, label, alignment, packed, before, after)
        yield from _base64_needles(label, alignment, packed)


def _base64_needles(label: str, encoding: str, data: bytes) -> Iterator[Needle]:
    """What of a base64 text depends on `data` alone, for each of the three places at which it may begin."""
    for phase in range(3):
        padded = bytes(phase) + data + bytes(-(phase + len(data)) % 3)
        first, last = (phase * 8 + 5) // 6, (phase + len(data)) * 8 // 6
        for alphabet, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            yield Needle(BASE64, label, f"{alphabet} of {encoding}", encode(padded)[first:last])
