"""What a person sees of something that was taken apart: one row a part, parts of parts indented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from provisioning.texts import _
from tools.decode.parts import Decoded, Part

_INDENT = "  "
# Bytes that still read well in one piece.
_SHORT = 16
# Characters of value and bytes that go on one line.
_BESIDE = 22


def show(decoded: Decoded, console: Console) -> None:
    """Print `decoded`. The bytes of a part stand behind or under its value, where they say it otherwise."""
    console.print(Text(decoded.title, "bold"))
    for note in decoded.notes:
        console.print(Text(note, "dim"))
    console.print()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=30)
    table.add_column(overflow="fold", ratio=26)
    table.add_column(overflow="fold", ratio=34)
    for depth, part in _flat(decoded.parts, 0):
        table.add_row(Text(_INDENT * depth + part.key, "cyan"), Text(part.name), _content(part), Text(part.meaning))
    console.print(table)


def _content(part: Part) -> Text:
    """The value, and the bytes below it where they are something else; only the size where the parts hold it all."""
    size = len(part.raw) // 2
    if part.parts and size > _SHORT:
        return Text(_("{size} bytes").format(size=size))
    text = Text(part.value, "bold")
    # Tag and length of a data object are no news.
    same = part.raw == part.value or (part.raw.startswith(part.key) and part.raw.endswith(part.value))
    if part.raw and not same:
        beside = len(part.value) + len(part.raw) <= _BESIDE
        text.append(("  " if beside else "\n") * bool(part.value) + part.raw, "not bold dim")
    return text


def _flat(parts: Sequence[Part], depth: int) -> Iterator[tuple[int, Part]]:
    for part in parts:
        yield depth, part
        yield from _flat(part.parts, depth + 1)
