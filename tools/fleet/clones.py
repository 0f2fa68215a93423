"""Clones that began with nothing: a terminal that goes on in a journal after it began another one is two terminals.

An old journal that was replaced in good order has a tail that may come late. What was created in it after the new one
began, or a terminal that says that it is online with it, has no such excuse.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from tools.fleet.contract import Event
from tools.fleet.rows import Journal
from tools.fleet.times import moved

# A clock may be set while a journal is replaced, and a greeting may come out of order behind a later one.
GRACE = timedelta(minutes=1)


# The journals of terminals, by terminal and id.
Journals = Mapping[str, Mapping[str, Journal]]


def shown_by_events(known: Journals, events: Iterable[Event]) -> list[tuple[Event, str]]:
    """Those of `events` that show a clone, one of a journal, and why. Only a set clock shows anything."""
    telling = [event for event in events if len(known[event.terminal]) > 1 and event.entry.clock == "synced"]
    latest = {event.key[:2]: event for event in sorted(telling, key=lambda event: event.entry.time)}
    shown = []
    for (terminal, journal_id), event in latest.items():
        for other in _begun_later(known[terminal], journal_id):
            if moved(other.begun_at, GRACE) < event.entry.time:
                sequence, time = event.entry.sequence, event.entry.time
                why = f"entry {sequence} is of {time}; journal {other.journal_id} had begun at {other.begun_at}"
                shown.append((event, why))
                break
    return shown


def shown_by_greeting(known: Journals, journal: Journal, now: str) -> str:
    """Why a terminal that is online with `journal` at `now` shows a clone; "" when it does not."""
    for other in _begun_later(known[journal.terminal], journal.journal_id):
        if moved(other.first_seen, GRACE) < now:
            return f"the terminal is online with it; journal {other.journal_id} had begun at {other.begun_at}"
    return ""


def _begun_later(known: Mapping[str, Journal], journal_id: str) -> list[Journal]:
    return [other for other in known.values() if other.begun_at > known[journal_id].begun_at]
