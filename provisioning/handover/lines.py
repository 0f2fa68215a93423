"""Text from outside made fit for paper and screen: nothing in it does anything, and it is broken where one may."""

import re
import unicodedata
from collections.abc import Callable

from provisioning.application.tidy import printable

# Marks that close something never begin a line.
_CLOSING = "，。、；：？！）》”’」』】,.;:?!)"
# A wide character stands alone, others stay together up to a space; what closes goes along.
_PIECE = re.compile(
    rf"(?:[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\uffef\U00020000-\U0003ffff]|[^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\uffef\U00020000-\U0003ffff]+)[{re.escape(_CLOSING)}]*\s*"
)


def plain(text: str) -> str:
    """`text` as one line: every space a plain one, control characters and those that turn the direction a mark."""
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in text)
    return printable(unicodedata.normalize("NFC", spaced))


def brief(text: str, longest: int = 80) -> str:
    """`text` as `plain` makes it; what is longer than `longest` characters ends in an ellipsis."""
    line = plain(text)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def wrap(text: str, width: Callable[[str], float], longest: float) -> list[str]:
    """`text` in lines that are at most `longest` wide, at least one; `width` says how wide one character is."""
    lines, used = [""], 0.0
    for piece in _PIECE.findall(text):
        needed = sum(map(width, piece.rstrip()))
        # A piece that is wider than a whole line is broken wherever it must be.
        for part in (piece,) if needed <= longest else piece:
            wide = sum(map(width, part.rstrip()))
            if lines[-1] and used + wide > longest:
                lines.append("")
                used = 0.0
            lines[-1] += part
            used += sum(map(width, part))
    return [line.rstrip() for line in lines]
