"""The stored entries of a terminal's journals, the latest first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from tools.fleet.tables import events as stored
from tools.fleet.views.found import Found, Page, found

_FIELDS = ("journal_id", "sequence", "time", "clock", "kind", "hash", "received_at", "entry")


@dataclass(frozen=True, slots=True)
class Event:
    """An entry; `entry` is its canonical JSON, of which `hash` is the SHA-256."""

    journal_id: str
    sequence: int
    time: str
    clock: str
    kind: str
    hash: str
    received_at: str
    entry: str


def events(
    connection: Connection, terminal: str, page: Page, kind: str | None = None, journal_id: str | None = None
) -> Found[Event]:
    """What `terminal` told, of this `kind` and journal; None is any."""
    query = (
        select(*(stored.c[name] for name in _FIELDS))
        .where(stored.c.terminal == terminal)
        .order_by(stored.c.received_at.desc(), stored.c.journal_id, stored.c.sequence.desc())
    )
    for column, wanted in ((stored.c.kind, kind), (stored.c.journal_id, journal_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    return found(connection, query, _event, page)


def _event(row: Row[Any]) -> Event:
    return Event(**row._asdict())
