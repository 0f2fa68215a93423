"""Clones that began with nothing: a terminal that goes on in a journal after it began another one is two terminals.

An old journal that was replaced in good order has a tail that may come late. What was created in it after the new one
began, or a terminal that says that it is online with it, has no such excuse.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection, select

from tools.fleet.contract import Event
from tools.fleet.rows import Journal
from tools.fleet.tables import journals
from tools.fleet.times import moved

# A clock may be set while a journal is replaced, and a greeting may come out of order behind a later one.
GRACE = timedelta(minutes=1)


def shown_by_events(connection: Connection, events: Iterable[Event]) -> list[tuple[Event, str]]:
    """Those of `events` that show a clone, one of a journal, and why. Only a set clock shows anything."""
    synced = sorted((event for event in events if event.entry.clock == "synced"), key=lambda event: event.entry.time)
    latest = {event.key[:2]: event for event in synced}
    known = _journals(connection, {terminal for terminal, _ in latest})
    shown = []
    for (terminal, journal_id), event in latest.items():
        for other in _begun_later(known[terminal], journal_id):
            if moved(other.begun_at, GRACE) < event.entry.time:
                sequence, time = event.entry.sequence, event.entry.time
                why = f"entry {sequence} is of {time}; journal {other.journal_id} had begun at {other.begun_at}"
                shown.append((event, why))
                break
    return shown


def shown_by_greeting(connection: Connection, journal: Journal, now: str) -> str:
    """Why a terminal that is online with `journal` at `now` shows a clone; "" when it does not."""
    for other in _begun_later(_journals(connection, {journal.terminal})[journal.terminal], journal.journal_id):
        if moved(other.first_seen, GRACE) < now:
            return f"the terminal is online with it; journal {other.journal_id} had begun at {other.begun_at}"
    return ""


def _journals(connection: Connection, terminals: Iterable[str]) -> dict[str, dict[str, Journal]]:
    """The journals of `terminals`, by terminal and id."""
    found: dict[str, dict[str, Journal]] = {}
    for row in connection.execute(select(journals).where(journals.c.terminal.in_(terminals))):
        found.setdefault(row.terminal, {})[row.journal_id] = Journal(**row._mapping)
    return found


def _begun_later(known: dict[str, Journal], journal_id: str) -> list[Journal]:
    return [other for other in known.values() if other.begun_at > known[journal_id].begun_at]
