"""Keeps, with each jump, an acknowledgement that the backend signed: it proves the journal up to there to others.

It says that the backend had the journal whole, from its first entry to the named one, whose hash it names; as each
entry names the one before, nothing of it can be another any more. It says nothing of what the terminal could have
written before it sent it.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from tools.fleet.acks import acknowledgements
from tools.fleet.journals import Head
from tools.fleet.jumps.tables import jumps
from tools.fleet.signers import Signers
from tools.fleet.tables import events, journals

MOST = 100


@dataclass(frozen=True, slots=True)
class Anchor:
    """A kept acknowledgement: the journal up to `sequence`, whose hash is `head_hash`; `letter` is what was signed."""

    sequence: int
    head_hash: str
    counter: int
    key_id: str
    letter: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the journal of a jump is proven.

    `first` is its first entry that is here, `acknowledged` the last of those that follow each other and that the
    backend acknowledges; 0 where the jump is in no such line. `covers` says that this reaches over all that came of the
    jump's sale, `anchor` is the acknowledgement that is kept of it.
    """

    first: int
    acknowledged: int
    covers: bool
    anchor: Anchor | None


def look(connection: Connection, fleet: str, signers: Signers) -> None:
    """Sign for up to MOST jumps of `fleet` what has been acknowledged of their journals; the caller commits."""
    journal = (journals.c.terminal == jumps.c.terminal) & (journals.c.journal_id == jumps.c.journal_id)
    # One that was set aside is in no line that is acknowledged.
    entry = (events.c.terminal == jumps.c.terminal) & (events.c.journal_id == jumps.c.journal_id)
    entry &= (events.c.sequence == jumps.c.sequence) & (events.c.hash == jumps.c.hash)
    due = (
        select(jumps.c.id, journals)
        .join(journals, journal)
        .join(events, entry)
        .where(jumps.c.anchor_due, journals.c.stored_sequence >= jumps.c.last_sequence, journals.c.ack_counter > 0)
        .order_by(jumps.c.id)
        .limit(MOST)
    )
    rows = connection.execute(due).all()
    keys = signers.of(connection, {row.terminal for row in rows})
    for row in rows:
        head = Head(row.terminal, row.journal_id, row.stored_sequence, row.head_hash, row.ack_counter, [])
        letter = acknowledgements(head, fleet, keys[row.terminal])[0]
        values = {"anchor": letter.payload.decode(), "anchor_due": False}
        connection.execute(update(jumps).where(jumps.c.id == row.id).values(values))


def standing(connection: Connection, jump: Row[Any], aside: bool) -> Standing:
    """How far the journal of `jump`, a row of `jumps`, is proven; its entry may have been set `aside`."""
    if aside:
        return Standing(0, 0, False, None)
    journal = (journals.c.terminal == jump.terminal) & (journals.c.journal_id == jump.journal_id)
    stored = connection.execute(select(journals.c.stored_sequence).where(journal)).scalar() or 0
    theirs = (events.c.terminal == jump.terminal) & (events.c.journal_id == jump.journal_id)
    first = select(events.c.sequence).where(theirs).order_by(events.c.sequence).limit(1)
    begun = connection.execute(first).scalar() or 0
    acknowledged = stored if stored >= jump.sequence else 0
    return Standing(begun, acknowledged, stored >= jump.last_sequence, _kept(jump.anchor))


def _kept(text: str) -> Anchor | None:
    if not text:
        return None
    letter = json.loads(text)
    return Anchor(letter["sequence"], letter["head_hash"], letter["counter"], letter["key_id"], letter)
