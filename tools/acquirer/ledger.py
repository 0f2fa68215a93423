"""The simulated acquirer's books: a SQLite file that holds no card data beyond first 6 and last 4.

Every change is committed to the disk before its method returns (WAL, synchronous=FULL), and the server answers after.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tools.acquirer.wire import Message
from tools.errors import AcquirerSimulatorError

Row = dict[str, str | int]

APPROVED = "approved"
DECLINED = "declined"
REVERSED = "reversed"

# `terminal` is the TID that asked; `acquirer`, `mid` and `tid` are the merchant that the charge is booked under.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    terminal TEXT NOT NULL,
    acquirer TEXT NOT NULL,
    mid TEXT NOT NULL,
    tid TEXT NOT NULL,
    batch TEXT NOT NULL,
    trace TEXT NOT NULL,
    amount INTEGER NOT NULL,  -- minor units
    currency TEXT NOT NULL,
    card TEXT NOT NULL,  -- first 6, stars, last 4
    rrn TEXT NOT NULL,
    approval TEXT NOT NULL,
    response_code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('approved', 'declined', 'reversed')),
    at TEXT NOT NULL,
    UNIQUE (terminal, batch, trace)
);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    mti TEXT NOT NULL,
    trace TEXT NOT NULL,
    tid TEXT NOT NULL,
    summary TEXT NOT NULL,
    at TEXT NOT NULL
);
"""

# Elements whose values may be written down; of the others only the number is.
_SHOWN = (3, 4, 12, 13, 22, 25, 32, 37, 38, 39, 42, 43, 49, 60, 61)


@dataclass(frozen=True)
class Charge:
    """One sale to book; the fields are the columns of `charges`."""

    terminal: str
    acquirer: str
    mid: str
    tid: str
    batch: str
    trace: str
    amount: int
    currency: str
    card: str
    rrn: str
    approval: str
    response_code: str
    state: str


def utc_now() -> str:
    """Now in UTC to the millisecond, as the ledger writes times."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def summary(message: Message) -> str:
    """One line about `message` without card data."""
    shown = [f"{number}={message.text(number)}" for number in _SHOWN if number in message.fields]
    hidden = [str(number) for number in sorted(message.fields) if number not in _SHOWN]
    return " ".join(shown) + " with " + ",".join(hidden)


class Ledger:
    """The books in the file `path`, for one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: sqlite3.Connection | None = None

    def start(self) -> None:
        """Open the file, creating what it lacks. Raises AcquirerSimulatorError."""
        try:
            self._db = _connect(self.path)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise AcquirerSimulatorError(f"cannot open the ledger {self.path}: {error}") from error

    def stop(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def record(self, direction: str, message: Message, note: str = "") -> int:
        """Write down that `message` came "in" or went "out"; returns the number of the row."""
        line = f"{summary(message)} {note}".strip()
        row = (direction, message.mti, message.text(11), message.text(41), line, utc_now())
        return self._write(
            "INSERT INTO messages (direction, mti, trace, tid, summary, at) VALUES (?, ?, ?, ?, ?, ?)", row
        )

    def book(self, charge: Charge) -> None:
        """Add `charge`."""
        row = {**vars(charge), "at": utc_now()}
        marks = ", ".join(f":{column}" for column in row)
        self._write(f"INSERT INTO charges ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 (our own columns)

    def find(self, terminal: str, batch: str, trace: str) -> Row | None:
        """The charge that the terminal asked for under `batch` and `trace`."""
        found = _rows(
            self._open, "SELECT * FROM charges WHERE terminal = ? AND batch = ? AND trace = ?", (terminal, batch, trace)
        )
        return found[0] if found else None

    def reverse(self, charge_id: int) -> None:
        """Mark an approved charge as reversed; any other stays as it is."""
        self._write("UPDATE charges SET state = 'reversed' WHERE id = ? AND state = 'approved'", (charge_id,))

    def charges(self) -> list[Row]:
        """All charges, oldest first."""
        return _rows(self._open, "SELECT * FROM charges ORDER BY id")

    def messages(self) -> list[Row]:
        """All messages, oldest first."""
        return _rows(self._open, "SELECT * FROM messages ORDER BY id")

    def clear(self) -> None:
        """Delete every row."""
        with self._open as db:
            db.execute("DELETE FROM charges")
            db.execute("DELETE FROM messages")

    @property
    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise AcquirerSimulatorError(f"the ledger {self.path} is not open; call start first")
        return self._db

    def _write(self, statement: str, values: dict[str, str | int] | tuple[str | int, ...]) -> int:
        with self._open as db:
            return db.execute(statement, values).lastrowid or 0


def read_charges(path: Path) -> list[Row]:
    """The charges in the ledger at `path`, whether its acquirer runs or not. Raises AcquirerSimulatorError."""
    if not path.is_file():
        raise AcquirerSimulatorError(f"there is no ledger at {path}; name the directory that the acquirer was given")
    try:
        with closing(_connect(path)) as db:
            return _rows(db, "SELECT * FROM charges ORDER BY id")
    except sqlite3.Error as error:
        raise AcquirerSimulatorError(f"cannot read the ledger {path}: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    return db


def _rows(db: sqlite3.Connection, query: str, values: tuple[str, ...] = ()) -> list[Row]:
    return [dict(row) for row in db.execute(query, values)]
