"""Making facts and sales anew from the stored events, a terminal at a time and some events at a time.

What was told of by entries that turned out to be no part of a journal must go again; where a journal began earlier than
was known, another entry may be the latest; and a store of an earlier version has events and no history yet. What comes
meanwhile is taken as always: in which order entries are told does not matter, nor how often.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, delete, insert, select, tuple_, update
from sqlalchemy.sql import func

from tools.fleet.contract import Event, event_of
from tools.fleet.forms import Info
from tools.fleet.history import sales
from tools.fleet.history.facts import KINDS as FACT_KINDS
from tools.fleet.history.facts import Facts
from tools.fleet.history.tables import sales as sales_table
from tools.fleet.history.tables import stale
from tools.fleet.tables import events, terminals

# Of one transaction: some ten milliseconds.
STEP = 500
_KINDS = frozenset((*FACT_KINDS, *sales.KINDS))


def mark(connection: Connection, names: Iterable[str]) -> None:
    """Have the history of the terminals `names` be made anew, from the beginning; the caller commits."""
    begun = [{"terminal": name, "journal_id": "", "sequence": 0} for name in sorted(set(names))]
    if begun:
        connection.execute(delete(stale).where(stale.c.terminal.in_([row["terminal"] for row in begun])))
        connection.execute(insert(stale), begun)


def mark_all(connection: Connection) -> int:
    """Have the history of every terminal be made anew; how many those are. The caller commits."""
    names = connection.execute(select(terminals.c.terminal)).scalars().all()
    mark(connection, names)
    return len(names)


def waiting(connection: Connection) -> int:
    """How many terminals are still to be done."""
    return connection.execute(select(func.count()).select_from(stale)).scalar_one()


def step(connection: Connection) -> bool:
    """Do some more of one terminal; False when there is none to be done. The caller commits."""
    row = connection.execute(select(stale).order_by(stale.c.terminal).limit(1)).first()
    if row is None:
        return False
    if not row.journal_id and _forget(connection, row.terminal):
        return True
    facts = Facts(connection)
    if not row.journal_id:
        facts.begin_anew(row.terminal)
    read = _next(connection, row.terminal, row.journal_id, row.sequence)
    told = [(event, heard) for event, heard in read if event.entry.kind in _KINDS]
    facts.take([event for event, _ in told], (), _info(connection, row.terminal))
    sales.take(connection, told)
    if len(read) == STEP:
        _, journal_id, sequence = read[-1][0].key
        here = update(stale).where(stale.c.terminal == row.terminal)
        connection.execute(here.values(journal_id=journal_id, sequence=sequence))
    else:
        facts.end_anew(row.terminal)
        connection.execute(delete(stale).where(stale.c.terminal == row.terminal))
    return True


def _forget(connection: Connection, terminal: str) -> bool:
    """Whether there were sales of `terminal`; then some are gone."""
    some = select(sales_table.c.sale).where(sales_table.c.terminal == terminal).limit(STEP)
    names = connection.execute(some).scalars().all()
    if names:
        mine = sales_table.c.terminal == terminal
        connection.execute(delete(sales_table).where(mine & sales_table.c.sale.in_(names)))
    return bool(names)


def _next(connection: Connection, terminal: str, journal_id: str, sequence: int) -> list[tuple[Event, str]]:
    """The next entries, and when each came."""
    place = tuple_(events.c.journal_id, events.c.sequence)
    columns = select(events.c.entry, events.c.hash, events.c.received_at)
    wanted = columns.where(events.c.terminal == terminal, place > (journal_id, sequence))
    rows = connection.execute(wanted.order_by(events.c.journal_id, events.c.sequence).limit(STEP))
    return [(event_of(terminal, row.entry, row.hash), row.received_at) for row in rows]


def _info(connection: Connection, terminal: str) -> list[tuple[str, Info]]:
    said = connection.execute(select(terminals.c.info).where(terminals.c.terminal == terminal)).scalar()
    return [] if said is None else [(terminal, msgspec.json.decode(said, type=Info))]
