"""The entries that go out with a complaint: from the sale's first to the acknowledged one, without holes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from agent.redact import leak_in
from tools.fleet.jumps.anchors import Standing
from tools.fleet.jumps.story import Entry
from tools.fleet.tables import events
from tools.fleet.views.jumps import Line

# Entries between the sale's last and the acknowledged one, at most; beyond that they are left out.
MOST_BETWEEN = 2000


@dataclass(frozen=True, slots=True)
class Link:
    """An entry's place, hash and canonical bytes; `data` is None where it holds a card number and is withheld."""

    sequence: int
    hash: str
    data: bytes | None


def links_of(connection: Connection, jump: Line, entries: Sequence[Entry], standing: Standing) -> list[Link]:
    """The entries from the first of the sale of `jump`, among `entries`, up to the acknowledged one if it is near."""
    own = [entry for entry in entries if entry.own]
    if not own or own[0].aside:
        return [_link(entry.sequence, entry.hash, entry.text) for entry in own]
    first, last = own[0].sequence, own[-1].sequence
    if standing.anchor is not None and last < standing.anchor.sequence <= last + MOST_BETWEEN:
        last = standing.anchor.sequence
    theirs = (events.c.terminal == jump.terminal) & (events.c.journal_id == jump.journal_id)
    theirs &= events.c.sequence.between(first, last)
    query = select(events.c.sequence, events.c.hash, events.c.entry).where(theirs).order_by(events.c.sequence)
    return [_link(*row) for row in connection.execute(query)]


def reaches(links: Sequence[Link], standing: Standing) -> bool:
    """Whether `links` go on without a hole up to the acknowledged entry."""
    places = [link.sequence for link in links]
    whole = bool(places) and places == list(range(places[0], places[-1] + 1))
    return whole and standing.anchor is not None and standing.anchor.sequence in places


def _link(sequence: int, digest: str, text: str) -> Link:
    data = text.encode()
    return Link(sequence, digest, None if leak_in(data) else data)
