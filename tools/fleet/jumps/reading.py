"""Reads the jumps out of the events of a store that was there before it had a table of them, in small steps."""

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, tuple_, update

from agent.sale.kinds import JUMP_DETECTED
from tools.fleet.contract import event_of
from tools.fleet.jumps.projection import note
from tools.fleet.jumps.tables import jump_reading
from tools.fleet.tables import events, strays

# Entries that one step looks at.
STEP = 5000


def begin(connection: Connection) -> None:
    """Have all events read again, from the first on; the caller commits."""
    connection.execute(delete(jump_reading))
    connection.execute(insert(jump_reading).values(id=1, terminal="", journal_id="", sequence=0))


def go_on(connection: Connection) -> None:
    """Look at the next events, where some are left to be looked at; the caller commits."""
    position = connection.execute(select(jump_reading)).first()
    if position is None:
        return
    columns = (events.c.terminal, events.c.journal_id, events.c.sequence)
    key = tuple_(*columns)
    behind = key > tuple_(position.terminal, position.journal_id, position.sequence)
    following = select(*columns).where(behind).order_by(*columns)
    last = connection.execute(following.offset(STEP - 1).limit(1)).first()
    _read(connection, events, behind if last is None else behind & (key <= tuple_(*last)))
    if last is None:
        _read(connection, strays, strays.c.sequence > 0)
        connection.execute(delete(jump_reading))
    else:
        connection.execute(update(jump_reading).values(last._asdict()))


def _read(connection: Connection, table: Table, which: ColumnElement[bool]) -> None:
    told = select(table).where(which, table.c.kind == JUMP_DETECTED)
    for row in connection.execute(told).all():
        note(connection, event_of(row.terminal, row.entry, row.hash), row.received_at)
