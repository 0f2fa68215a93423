"""What a decoder gives back: named parts with their bytes, what they say and what that means, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.texts import _
from tools.decode.errors import DecodeError


@dataclass(frozen=True)
class Part:
    """One part, already masked: `key` is its standard number or tag, `offset` its first byte in the input.

    `raw` is hexadecimal with stars for what is hidden; `value` is what the bytes say, `meaning` what that means.
    """

    key: str
    name: str
    raw: str = ""
    value: str = ""
    meaning: str = ""
    offset: int | None = None
    parts: tuple[Part, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The part as a JSON object, its own parts in it."""
        return {
            "key": self.key,
            "name": self.name,
            "offset": self.offset,
            "raw": self.raw,
            "value": self.value,
            "meaning": self.meaning,
            "parts": [part.as_json() for part in self.parts],
        }


@dataclass(frozen=True)
class Problem:
    """Where decoding ended and why: `key` as of the part that is wrong, `offset` its first byte in the input."""

    key: str
    offset: int
    text: str

    def __str__(self) -> str:
        return _("{part} at byte {offset}: {what}").format(part=self.key, offset=self.offset, what=self.text)

    def as_json(self) -> dict[str, Any]:
        """The problem as a JSON object."""
        return {"key": self.key, "offset": self.offset, "text": self.text}


@dataclass(frozen=True)
class Decoded:
    """The parts that were understood, in their order; `problem` is None when that is everything."""

    kind: str
    title: str
    parts: Sequence[Part]
    problem: Problem | None = None
    notes: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Everything as one JSON object."""
        return {
            "kind": self.kind,
            "title": self.title,
            "notes": list(self.notes),
            "parts": [part.as_json() for part in self.parts],
            "problem": self.problem.as_json() if self.problem else None,
        }


# Twice the longest frame that a terminal sends; searching longer ones for card data would take its time.
LONGEST = 4096


def from_hex(text: str) -> bytes:
    """The bytes of `text`, hexadecimal with any white space. Raises DecodeError, naming place and remedy only."""
    digits = "".join(text.split())
    if not digits:
        raise DecodeError(_("there is nothing to decode: give hexadecimal digits"))
    for place, character in enumerate(digits, 1):
        if character not in "0123456789abcdefABCDEF":
            raise DecodeError(_("character {place} is not a hexadecimal digit").format(place=place))
    if len(digits) % 2:
        raise DecodeError(_("{count} hexadecimal digits are no whole bytes: one is missing").format(count=len(digits)))
    if len(digits) > 2 * LONGEST:
        raise DecodeError(
            _("{count} bytes are more than the {most} of any message").format(count=len(digits) // 2, most=LONGEST)
        )
    return bytes.fromhex(digits)
