"""One jump whole: what was expected and seen, how its sale went, what proves that, and what people did about it."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from tools.fleet.errors import MissingError
from tools.fleet.jumps import story
from tools.fleet.jumps.anchors import Standing, standing
from tools.fleet.jumps.steps import NEXT
from tools.fleet.jumps.story import Compared, Entry, Reversal, Sale
from tools.fleet.jumps.tables import jump_notes, jumps
from tools.fleet.jumps.workflow import find
from tools.fleet.views.jumps import Line, line, with_reversal


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody said, and the step that went with it, "" where none did."""

    at: str
    by: str
    text: str
    workflow: str


@dataclass(frozen=True, slots=True)
class Whole:
    """All of a jump; `next` are the steps that may follow. Its `reversal` is as the entries that are here tell it."""

    jump: Line
    compared: list[Compared]
    sale: Sale
    reversal: Reversal
    entries: list[Entry]
    standing: Standing
    notes: list[Note]
    next: tuple[str, ...]


def whole(connection: Connection, number: int) -> Whole:
    """Jump `number`. Raises MissingError."""
    row = find(connection, number)
    entries = story.entries_of(connection, row)
    aside = not any(entry.hash == row.hash and not entry.aside for entry in entries)
    told = connection.execute(with_reversal().where(jumps.c.id == number)).first()
    if told is None:
        raise MissingError(f"jump {number}: it was removed meanwhile")
    return Whole(
        line(told),
        story.compared(story.jump_in(entries, row.sequence), entries),
        story.sale_in(entries),
        story.reversal_in(entries),
        entries,
        standing(connection, row, aside),
        _notes(connection, number),
        NEXT[row.workflow],
    )


def _notes(connection: Connection, number: int) -> list[Note]:
    noted = select(jump_notes).where(jump_notes.c.jump == number).order_by(jump_notes.c.id)
    return [Note(row.at, row.by, row.text, row.workflow) for row in connection.execute(noted)]
