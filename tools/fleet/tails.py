"""The tail of a journal that was replaced: the new one names the last entry of the one before, which may never come."""

import json
from collections.abc import Container

import msgspec
from sqlalchemy import Connection, exists, select, update

from agent.journal.entry import GENESIS
from tools.fleet.alarms import raise_alarm
from tools.fleet.contract import Event
from tools.fleet.forms import Before
from tools.fleet.rows import Alarm
from tools.fleet.tables import alarms, events, journals, strays

# Entries of a journal that was replaced have not come.
MISSING_TAIL = "missing_tail"


def look(connection: Connection, event: Event, now: str) -> None:
    """Raise an alarm when what `event`, the first of a journal, names before itself is not all here."""
    before = _before(event.entry.body)
    first = None if before is None else _missing(connection, event.terminal, before)
    if before is not None and first is not None:
        detail = f"entries from {first} to {before.sequence} have not come; journal {event.entry.journal_id} follows"
        raise_alarm(connection, Alarm(event.terminal, before.journal_id, MISSING_TAIL, first, detail, now))


def look_again(connection: Connection, came: Container[tuple[str, str]], now: str) -> None:
    """Clear the alarms of those of the journals (terminal, id) in `came` of which all is here now."""
    raised = (alarms.c.kind == MISSING_TAIL) & alarms.c.cleared_at.is_(None)
    for row in connection.execute(select(alarms).where(raised)).all():
        if (row.terminal, row.journal_id) in came:
            named = _named(connection, row.terminal, row.journal_id)
            if not any(_missing(connection, row.terminal, before) for before in named):
                connection.execute(update(alarms).where(alarms.c.id == row.id).values(cleared_at=now))


def _named(connection: Connection, terminal: str, journal_id: str) -> list[Before]:
    """What the journals that follow this one say of its end."""
    same = (events.c.terminal == journals.c.terminal) & (events.c.journal_id == journals.c.journal_id)
    first = select(events.c.entry).join(journals, same).where(journals.c.terminal == terminal, events.c.sequence == 1)
    said = [_before(json.loads(text)["body"]) for text in connection.execute(first).scalars()]
    return [before for before in said if before is not None and before.journal_id == journal_id]


def _before(body: dict[str, object]) -> Before | None:
    try:
        return msgspec.convert(body.get("before"), Before)
    except msgspec.ValidationError:
        return None


def _missing(connection: Connection, terminal: str, before: Before) -> int | None:
    """The first entry that is not here, in the line or beside it, of those up to where `before` ends; None: all are.

    Where others lie in its place it is the lowest that is certain: which ones belong to that end, only they could tell.
    """
    mine = (journals.c.terminal == terminal) & (journals.c.journal_id == before.journal_id)
    stored = connection.execute(select(journals.c.stored_sequence).where(mine)).scalar() or 0
    beside = {}
    for table, least in ((strays, 0), (events, stored)):
        here = (table.c.terminal == terminal) & (table.c.journal_id == before.journal_id)
        here &= table.c.sequence.between(least + 1, before.sequence)
        for row in connection.execute(select(table.c.sequence, table.c.hash, table.c.previous).where(here)):
            beside[row.sequence, row.hash] = row.previous
    sequence, digest = before.sequence, before.hash
    while (sequence, digest) in beside:
        sequence, digest = sequence - 1, beside[sequence, digest]
    line = (events.c.terminal == terminal) & (events.c.journal_id == before.journal_id)
    line &= (events.c.sequence == sequence) & (events.c.hash == digest)
    joins = sequence <= stored and connection.execute(select(exists().where(line))).scalar_one()
    if joins or (sequence, digest) == (0, GENESIS):
        return None
    known = [place for place, _ in beside if place < sequence] + [stored] * (stored < sequence)
    return max(known, default=sequence - 1) + 1
