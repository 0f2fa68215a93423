"""Gaps: entries of a journal that are missing while later ones came.

A gap is nothing yet when it opens. Workers that share the events take them in any order, a broker may lose some, and a
terminal sends again what is not acknowledged after ten seconds. What stays open longer is an alarm.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection, bindparam, exists, select, update

from tools.fleet.alarms import raise_alarm
from tools.fleet.rows import Alarm, Journal
from tools.fleet.tables import alarms, journals
from tools.fleet.times import moved

GAP = "gap"
# More than one time that the terminal sends again.
GRACE = timedelta(seconds=15)

_CLEAR = (
    update(alarms)
    .where(
        alarms.c.terminal == bindparam("of_terminal"),
        alarms.c.journal_id == bindparam("of_journal"),
        alarms.c.kind == GAP,
        alarms.c.sequence <= bindparam("up_to"),
        alarms.c.cleared_at.is_(None),
    )
    .values(cleared_at=bindparam("now"))
)


def look(connection: Connection, now: str) -> None:
    """Raise an alarm for each gap that has been open for `GRACE` at `now` (UTC); the caller commits."""
    long_ago = moved(now, -GRACE)
    same_journal = (alarms.c.terminal == journals.c.terminal) & (alarms.c.journal_id == journals.c.journal_id)
    raised = exists().where(same_journal & (alarms.c.kind == GAP) & alarms.c.cleared_at.is_(None))
    for row in connection.execute(select(journals).where((journals.c.gap_since <= long_ago) & ~raised)):
        missing = row.stored_sequence + 1
        detail = f"entry {missing} is missing; entries up to {row.last_sequence} came"
        raise_alarm(connection, Alarm(row.terminal, row.journal_id, GAP, missing, detail, now))


def clear(connection: Connection, journals: Iterable[Journal], now: str) -> None:
    """Clear the alarms of gaps in front of the heads of `journals`; the caller commits."""
    rows = [
        {
            "of_terminal": journal.terminal,
            "of_journal": journal.journal_id,
            "up_to": journal.stored_sequence,
            "now": now,
        }
        for journal in journals
    ]
    if rows:
        connection.execute(_CLEAR, rows)
