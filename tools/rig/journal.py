"""A look into a terminal's journal from outside, without the agent: what lies on its disk."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry as it is stored."""

    sequence: int
    kind: str
    hash: str
    body: dict[str, Any]


def entries(path: Path, after: int = 0) -> list[JournalEntry]:
    """The entries behind `after`, in order; none while there is no journal."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT sequence, kind, hash, data FROM entries WHERE sequence > ? ORDER BY sequence", (after,)
        ).fetchall()
    return [JournalEntry(row[0], row[1], row[2], json.loads(row[3])["body"]) for row in rows]
