"""Keeps, with each jump, an acknowledgement that the backend signed: it proves the journal up to there to others.

It says that the backend had the journal whole, from its first entry to the named one, whose hash it names; as each
entry names the one before, nothing of it can be another any more. It says nothing of what the terminal could have
written before it sent it.
"""

from sqlalchemy import Connection, select, update

from tools.fleet.acks import acknowledgements
from tools.fleet.journals import Head
from tools.fleet.jumps.tables import jumps
from tools.fleet.signers import Signers
from tools.fleet.tables import events, journals

MOST = 100


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
