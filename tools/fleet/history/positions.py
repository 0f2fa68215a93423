"""Where an entry stands among all those of its terminal, so that it does not matter in which order they come."""

from sqlalchemy import Connection, select

from tools.fleet.contract import Event
from tools.fleet.tables import journals

# Before every entry.
NOWHERE = ""


def position(event: Event) -> str:
    """Names the place of `event`, as text that the store keeps."""
    _, journal_id, sequence = event.key
    return f"{journal_id}/{sequence:012d}"


class Positions:
    """Compares positions, of one journal by their sequence, of several by which journal began first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begun: dict[str, dict[str, tuple[str, str]]] = {}

    def is_later(self, terminal: str, one: str, other: str) -> bool:
        """Whether `one` is behind `other`, both of `terminal`."""
        if NOWHERE in (one, other) or _journal(one) == _journal(other):
            return one > other
        return self._key(terminal, one) > self._key(terminal, other)

    def _key(self, terminal: str, place: str) -> tuple[str, str, str]:
        if terminal not in self._begun:
            columns = select(journals.c.journal_id, journals.c.begun_at, journals.c.first_seen)
            rows = self._connection.execute(columns.where(journals.c.terminal == terminal))
            self._begun[terminal] = {row.journal_id: (row.begun_at, row.first_seen) for row in rows}
        return *self._begun[terminal].get(_journal(place), ("", "")), place


def _journal(place: str) -> str:
    return place.partition("/")[0]
