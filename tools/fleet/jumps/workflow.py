"""What people do about a jump: take it a step on, and note what they found."""

import unicodedata
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from agent.redact import leak_in
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note as log
from tools.fleet.errors import ConflictError, MissingError, OrderError
from tools.fleet.jumps.steps import NEXT
from tools.fleet.jumps.tables import jump_notes, jumps
from tools.fleet.times import utc_now

LONGEST_NOTE = 2000
# That a column of numbers holds.
LARGEST_NUMBER = 2**31 - 1


def move(connection: Connection, actor: Actor, number: int, version: int, to: str, text: str = "") -> None:
    """Take jump `number` to the step `to`, and note why in `text`, which may be ""; the caller commits.

    `version` is that of the jump as `actor` saw it. Raises ForbiddenError; MissingError when there is no such jump;
    ConflictError when somebody changed it meanwhile; OrderError for a step that may not follow, or a text that is none.
    """
    actor.must_be(Role.OPERATOR)
    said = _checked(text) if text.strip() else ""
    row = find(connection, number)
    if row.version != version:
        raise ConflictError(
            f"jump {number}: {row.changed_by or 'the backend'} made it {row.workflow} at {row.changed_at}, after you"
            " looked; look again"
        )
    if to not in NEXT[row.workflow]:
        raise OrderError(f"jump {number}: it is {row.workflow}; next it can be {' or '.join(NEXT[row.workflow])}")
    now = utc_now()
    values = {"workflow": to, "version": version + 1, "changed_at": now, "changed_by": actor.name}
    connection.execute(update(jumps).where(jumps.c.id == number).values(values))
    _write(connection, actor, number, said, to, now)
    log(connection, actor, f"jump.{to}", str(number), note=said)


def add_note(connection: Connection, actor: Actor, number: int, text: str) -> None:
    """Note `text` about jump `number`; the caller commits. Raises ForbiddenError, MissingError or OrderError."""
    actor.must_be(Role.OPERATOR)
    said = _checked(text)
    find(connection, number)
    _write(connection, actor, number, said, "", utc_now())
    log(connection, actor, "jump.note", str(number), note=said)


def find(connection: Connection, number: int) -> Row[Any]:
    """The row of jump `number`. Raises MissingError."""
    row = None
    if 0 < number <= LARGEST_NUMBER:
        row = connection.execute(select(jumps).where(jumps.c.id == number)).first()
    if row is None:
        raise MissingError(f"jump {number}: there is none; see `jumpguard fleet jumps list`")
    return row


def _write(connection: Connection, actor: Actor, number: int, text: str, step: str, now: str) -> None:
    values = {"jump": number, "at": now, "by": actor.name, "text": text, "workflow": step}
    connection.execute(insert(jump_notes).values(values))


def _checked(text: str) -> str:
    """`text` as it is kept: lines of printable characters without a card's number. Raises OrderError."""
    lines = [line.rstrip() for line in unicodedata.normalize("NFC", text).strip().splitlines()]
    if not any(lines) or not all(line.isprintable() for line in lines):
        raise OrderError("note: write lines of printable characters")
    kept = "\n".join(lines)
    if len(kept) > LONGEST_NOTE:
        raise OrderError(f"note: {len(kept)} characters; at most {LONGEST_NOTE}")
    if leak_in(kept.encode()) is not None:
        raise OrderError("note: a card number stands in it; write its first six and last four digits only")
    return kept
