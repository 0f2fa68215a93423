"""The file that a journal lies in: who owns it, its tables, and how a new one comes to be."""

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from agent.adapters.durable_file import sync_folder
from agent.errors import JournalError
from agent.journal.entry import Entry

REMEDY = "keep the file as evidence, move it away and start again"

Row = tuple[int, str, str, str, str, bytes]
"""One stored entry: sequence, kind, sale, till, hash and data."""
COLUMNS = "sequence, kind, sale, till, hash, data"

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, sale TEXT NOT NULL, till TEXT NOT NULL,
    hash TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX entries_by_kind ON entries (kind, sequence);
CREATE INDEX entries_by_sale ON entries (sale, sequence) WHERE sale != '';
CREATE INDEX entries_by_till ON entries (till, sequence) WHERE till != '';
"""


def lock(path: Path) -> int:
    """Own the journal at `path` until the descriptor that is returned is closed. Raises JournalError."""
    try:
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(f"{path}: its lock cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise JournalError(f"{path}: another agent uses this journal; stop it first") from error
    return descriptor


def is_locked(path: Path) -> bool:
    """Whether some agent owns the journal at `path`. Raises OSError where that cannot be found out.

    Asked by a lock that others may share: for as long as a system call takes, an agent could not start.
    """
    try:
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def create(path: Path, meta: dict[str, str], entries: list[Entry]) -> None:
    """Make a new journal that begins with `entries`; `meta` is what it says of itself.

    It is made aside and renamed, so that an empty or cut file under its own name is never a beginning, always damage.
    Raises JournalError, OSError or sqlite3.Error.
    """
    if path.with_name(path.name + "-wal").exists():
        raise JournalError(f"{path} is missing, but not what belongs to it (-wal); {REMEDY}")
    aside = path.with_name(path.name + ".new")
    for left in (aside, aside.with_name(aside.name + "-journal")):
        left.unlink(missing_ok=True)
    with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
        aside.chmod(0o600)
        # Must be said before the first table: what is pruned can be given back to the disk in small portions.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("BEGIN IMMEDIATE")
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        for entry in entries:
            insert(connection, entry)
        connection.execute("COMMIT")
    aside.replace(path)
    sync_folder(path.parent)


def keep(path: Path, journal_id: str) -> Path:
    """Give the closed journal at `path` a second name, under which it stays when a new one takes the first.

    Returns that name. Raises JournalError when something else has the journal open, or OSError.
    """
    if path.with_name(path.name + "-wal").exists():
        raise JournalError(f"{path}: another program has it open; end that first")
    kept = path.with_name(f"{path.stem}-{journal_id}{path.suffix}")
    # It is there already when the power went before the new journal was.
    kept.unlink(missing_ok=True)
    kept.hardlink_to(path)
    return kept


def connect(path: Path) -> sqlite3.Connection:
    """Open the journal so that each commit is on disk before it returns. Raises JournalError or sqlite3.Error."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Asked first: the pragmas below write, and what is no journal is to stay as it is.
        _refuse_others(path, connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        # Half of SQLite's own 2 MB: what is looked up is the newest, and a Zero 2 W has 512 MB for everything.
        connection.execute("PRAGMA cache_size=-1000")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open the journal as it is at this moment, beside the agent that owns it; nothing of it is changed.

    Raises JournalError or sqlite3.Error.
    """
    log = path.with_name(path.name + "-wal")
    # Where nobody has it open, no files are to be made beside it, as even a reader of a WAL does.
    how = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)
    try:
        connection.execute("BEGIN")
        # Also where the snapshot begins: with the first look.
        _refuse_others(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_others(path: Path, connection: sqlite3.Connection) -> None:
    tables = connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name IN ('meta', 'entries')").fetchone()
    if tables[0] != 2:
        raise JournalError(f"{path}: holds no journal; {REMEDY}")


def size_kib(path: Path) -> int:
    """What the journal at `path` and the log before it take up, in KiB. Raises OSError when there is no journal."""
    log = path.with_name(path.name + "-wal")
    return (path.stat().st_size + (log.stat().st_size if log.exists() else 0)) // 1024


def insert(connection: sqlite3.Connection, entry: Entry) -> None:
    """Store `entry` within the transaction that is open."""
    row: Row = (entry.sequence, entry.kind, *names_of(entry), entry.digest, entry.data)
    connection.execute(f"INSERT INTO entries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - our own text


def names_of(entry: Entry) -> tuple[str, str]:
    """The sale that `entry` belongs to and the till's name of it, "" where it has none."""
    return str(entry.body.get("sale", "")), str(entry.body.get("till", ""))
