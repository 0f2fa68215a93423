"""The record of a batch, a file beside its table: what became of each row, on disk before anything follows from it.

SQLite with `synchronous=EXTRA`: a kill leaves each outcome whole or not there, and so does a power cut. Who has it open
is alone with it.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from provisioning.batch.outcome import DONE, WAITING, Outcome, State
from provisioning.batch.row import Row
from provisioning.errors import BatchError
from provisioning.handover.facts import Facts
from provisioning.install.result import Failure
from provisioning.texts import _

SUFFIX = ".batch"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outcomes (
    serial TEXT PRIMARY KEY,
    outcome TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""


class Record:
    """The outcomes so far, by serial. Get one of `recording`; every method raises BatchError for what the disk says."""

    def __init__(self, path: Path, connection: sqlite3.Connection, outcomes: dict[str, Outcome]) -> None:
        self.path = path
        self.outcomes = outcomes
        self._connection = connection

    def expect(self, rows: Iterable[Row]) -> None:
        """Write down what the table says of `rows` now; how far they are stays."""
        changed = []
        for row in rows:
            before = self.outcomes.get(row.serial)
            if before is None:
                changed.append(Outcome(serial=row.serial, state=WAITING, time=_now(), content=row.content))
            elif before.content != row.content:
                changed.append(msgspec.structs.replace(before, content=row.content))
        self._keep(changed)

    def left(self, rows: Iterable[Row]) -> list[Row]:
        """Those of `rows` that are not done, in order."""
        return [row for row in rows if self.outcomes[row.serial].state != DONE]

    def now(
        self, row: Row, state: State, *, facts: Facts | None = None, failure: Failure | None = None, found: bool = False
    ) -> Outcome:
        """Row `row` is in `state` from now on. Until it is done, facts that were written down stay."""
        if facts is None and state != DONE:
            facts = self.outcomes[row.serial].facts
        outcome = Outcome(
            serial=row.serial, state=state, time=_now(), content=row.content, facts=facts, failure=failure, found=found
        )
        self._keep([outcome])
        return outcome

    def _keep(self, outcomes: list[Outcome]) -> None:
        rows = [(one.serial, msgspec.json.encode(one).decode()) for one in outcomes]
        with _named(self.path), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO outcomes (serial, outcome) VALUES (?, ?)", rows)
        self.outcomes.update((one.serial, one) for one in outcomes)


@contextmanager
def recording(path: Path) -> Iterator[Record]:
    """The record in `path`, made when it is not there, for this process alone. Raises BatchError."""
    with _named(path):
        # Facts of merchants stand in it.
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=0)
    with closing(connection):
        with _named(path):
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA synchronous = EXTRA")
            with connection:
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute(_SCHEMA)
            outcomes = _read(path, connection)
        yield Record(path, connection, outcomes)


def _read(path: Path, connection: sqlite3.Connection) -> dict[str, Outcome]:
    try:
        read = (
            msgspec.json.decode(text, type=Outcome) for (text,) in connection.execute("SELECT outcome FROM outcomes")
        )
        return {one.serial: one for one in read}
    except ValueError as error:
        raise BatchError(
            f"record {path}: {error}; restore it from a copy, or take it away: each terminal is asked then"
        ) from error


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Raises BatchError, with the file's name, for what SQLite says."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise BatchError(_("{path}: another run of this batch is under way").format(path=path)) from error
        raise BatchError(f"record {path}: {error}") from error
    except (sqlite3.Error, OSError) as error:
        raise BatchError(f"record {path}: {error}") from error


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
