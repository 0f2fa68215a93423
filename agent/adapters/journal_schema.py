"""Which form the journal's tables have (PRAGMA user_version), and how they come to another form and back.

A release that needs another form appends a `Migration`, and never changes one that was released. The way back is
written into the journal in the commit that changes its form. So software from before, which knows nothing of the
migration, goes back by itself: a release on trial that was killed, or does not even start, has nothing to hand back.
"""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import NamedTuple

from agent.errors import JournalError

# The key in `meta` of the way back from a form.
_WAY_BACK = "way_back_from_{}"
# What no way back needs, and what would let a forged one out of the file.
_DENIED = (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_TRANSACTION)


class Migration(NamedTuple):
    """SQL statements that bring the tables from one form to the next, and those that undo them.

    Neither may touch `sequence`, `hash` or `data` of an entry, nor leave one out.
    """

    up: tuple[str, ...]
    down: tuple[str, ...]


# The form of a journal is how many of these it has been through.
MIGRATIONS: tuple[Migration, ...] = ()


def bring(path: Path, connection: sqlite3.Connection, migrations: tuple[Migration, ...]) -> None:
    """Bring the journal at `path` to the form behind `migrations`, in one commit: a power cut leaves one of the two.

    Raises JournalError for a form that is newer and names no way back, or one that loses an entry, or sqlite3.Error;
    nothing has changed then.
    """
    form = connection.execute("PRAGMA user_version").fetchone()[0]
    if form == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        entries = _entries(connection)
        for number, migration in enumerate(migrations[form:], form + 1):
            _forward(connection, number, migration)
        for number in range(form, len(migrations), -1):
            _back(path, connection, number)
        connection.execute(f"PRAGMA user_version={len(migrations)}")
        if _entries(connection) != entries:
            raise JournalError(
                f"{path}: the way from form {form} to {len(migrations)} loses entries; update the release"
            )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _entries(connection: sqlite3.Connection) -> bytes:
    seen = hashlib.sha256()
    for sequence, digest, data in connection.execute("SELECT sequence, hash, data FROM entries ORDER BY sequence"):
        seen.update(f"{sequence} {digest} {len(data)}\n".encode() + data)
    return seen.digest()


def _forward(connection: sqlite3.Connection, number: int, migration: Migration) -> None:
    for statement in migration.up:
        connection.execute(statement)
    way_back = (_WAY_BACK.format(number), json.dumps(migration.down))
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", way_back)


def _back(path: Path, connection: sqlite3.Connection, number: int) -> None:
    name = _WAY_BACK.format(number)
    statements = _listed(connection.execute("SELECT value FROM meta WHERE key = ?", (name,)).fetchone())
    if statements is None:
        raise JournalError(f"{path}: of form {number}, and names no way back that this release could go; update it")
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action in _DENIED else sqlite3.SQLITE_OK)
    try:
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.set_authorizer(None)
    connection.execute("DELETE FROM meta WHERE key = ?", (name,))


def _listed(row: tuple[str] | None) -> list[str] | None:
    try:
        found = json.loads(row[0]) if row else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(one, str) for one in found) else None
