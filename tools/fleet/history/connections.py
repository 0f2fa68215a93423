"""The times at which a terminal's presence, lifecycle or session changed, as the backend heard it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert

from tools.fleet.history.tables import connections


@dataclass(frozen=True, slots=True)
class Change:
    """How a terminal stands from `at` on; `is_other` is false where only its session is another one."""

    terminal: str
    at: str
    presence: str
    lifecycle: str
    session: int
    boot_id: str
    journal_id: str
    is_other: bool


def take(connection: Connection, changes: Sequence[Change]) -> None:
    """Note `changes`; the caller commits."""
    if changes:
        connection.execute(insert(connections), [_row(change) for change in changes])


def _row(change: Change) -> dict[str, object]:
    row = asdict(change)
    del row["is_other"]
    return row
