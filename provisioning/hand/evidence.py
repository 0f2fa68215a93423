"""The terminal's journal, seen from outside and never written to: it is evidence, and is not put back."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from provisioning.errors import HandError

# A sale that was sent (agent/sale/kinds.py): of that nothing is thrown away.
_SOLD = "sale.authorising"
_NEVER = "0"


def is_journal(path: Path) -> bool:
    """Whether `path` is a journal, one that is kept as evidence, or what belongs to one."""
    return path.name == "journal.lock" or (path.name.startswith("journal") and ".sqlite" in path.name)


def head(path: Path) -> dict[str, Any]:
    """The journal's id, and number and hash of its last entry; empty where there is none. Raises HandError."""
    if not path.exists():
        return {}
    with _reading(path) as connection:
        (journal_id,) = connection.execute("SELECT value FROM meta WHERE key = 'journal_id'").fetchone()
        sequence, digest = connection.execute(
            "SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
    return {"journal_id": journal_id, "sequence": sequence, "hash": digest}


def entries(path: Path, after: int) -> list[dict[str, Any]]:
    """Number, kind and body of the entries behind `after`, in order. Raises HandError."""
    if not path.exists():
        return []
    with _reading(path) as connection:
        rows = connection.execute(
            "SELECT sequence, kind, data FROM entries WHERE sequence > ? ORDER BY sequence", (after,)
        ).fetchall()
    return [{"sequence": row[0], "kind": row[1], "body": json.loads(row[2])["body"]} for row in rows]


def never_left(path: Path) -> bool:
    """Whether nothing of the journal can be known elsewhere: it met no broker yet, and no sale is in it.

    A backend remembers the journal that it heard of first, and has a terminal lock that comes with another.
    """
    if not path.exists():
        return True
    try:
        with _reading(path) as connection:
            meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
            sold = connection.execute("SELECT 1 FROM entries WHERE kind = ? LIMIT 1", (_SOLD,)).fetchone()
    except HandError:
        return False
    return meta.get("session") == _NEVER and "anchor" not in meta and not sold


def remove(path: Path) -> None:
    """Remove a journal that never left, and what was begun of one."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}.new", "journal.lock"):
        path.with_name(name).unlink(missing_ok=True)


class _reading:  # noqa: N801 (a context manager)
    """A look into the journal at `path`. Raises HandError for what SQLite says."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
        except sqlite3.Error as error:
            raise HandError("JOURNAL", f"{self.path}: {error}") from error
        return self._connection

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._connection.close()
        if isinstance(error, sqlite3.Error | TypeError | KeyError | ValueError):
            raise HandError("JOURNAL", f"{self.path}: {error}") from error
