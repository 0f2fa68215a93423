"""The terminal's journal, seen from outside and never written to: it is evidence, and is not put back."""

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

from board import private_file
from provisioning.errors import HandError
from provisioning.hand import snapshot

# A sale that was sent (agent/sale/kinds.py): of that nothing is thrown away.
_SOLD = "sale.authorising"
_NEVER = "0"
# What lies beside a journal and goes with it; behind its name.
_BESIDE = ("-wal", "-shm", ".serial")


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
    for name in (*(f"{path.name}{end}" for end in ("", *_BESIDE, ".new")), "journal.lock"):
        path.with_name(name).unlink(missing_ok=True)


def name_owner(path: Path, serial: str) -> None:
    """Write beside the journal that is about to be begun at `path` whose it is: its entries do not say. Raises OSError.

    One that is there already keeps its owner.
    """
    if not path.exists():
        private_file.replace(_beside(path, ".serial"), serial.encode())


def left_by_another(path: Path, serial: str) -> Path | None:
    """Where the journal at `path` goes when it is not of `serial`; None where it is, or nobody can say.

    Raises HandError.
    """
    try:
        owner = _beside(path, ".serial").read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    if not path.exists() or owner == serial:
        return None
    # As the agent names one that it keeps (`agent.adapters.journal_file.keep`).
    return path.with_name(f"{path.stem}-{head(path)['journal_id']}{path.suffix}")


def set_aside(path: Path, aside: Path) -> None:
    """Move the journal at `path` to `aside`, with what lies beside it first: until it has gone itself, none has."""
    for end in (*_BESIDE, ""):
        _move(_beside(path, end), _beside(aside, end))
    snapshot.sync(path.parent)


def take_back(path: Path, aside: Path) -> None:
    """The way back of `set_aside`, from wherever that was cut off. May be done again."""
    if aside.exists():
        if not never_left(path):
            return
        remove(path)
    for end in ("", *_BESIDE):
        _move(_beside(aside, end), _beside(path, end))
    snapshot.sync(path.parent)


def _beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}{end}")


def _move(source: Path, target: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        source.rename(target)


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
