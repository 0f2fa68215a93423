"""Checks a journal as it lies on the disk, before anything is appended to it: its end, and where it begins.

What the chain cannot show: who may write the file can rewrite what is not anchored yet.
"""

import itertools
import json
import sqlite3

from agent.adapters.journal_file import COLUMNS, Row, names_of
from agent.adapters.journal_pruning import kept
from agent.canonical import sha256_hex
from agent.errors import JournalError
from agent.journal.entry import Entry
from agent.journal.pruning import PRUNED, Checkpoint, checkpoint_of, kept_digest

# Entries at the end that are looked at.
_TAIL = 200


def check(connection: sqlite3.Connection, journal_id: str) -> Checkpoint:
    """Check the journal and return the checkpoint behind which it begins.

    Looked at are the newest entries, the first one behind the checkpoint and those that stayed in front of it: each
    one's hash, its place, the link to the one before, and that the columns by which it is found say what it says.
    Raises JournalError naming an entry that does not check; ValueError, KeyError or TypeError for a checkpoint that is
    none.
    """
    marks = _read(connection, journal_id, "kind = ? ORDER BY sequence DESC LIMIT 1", PRUNED)
    checkpoint = checkpoint_of(marks[0] if marks else None)
    behind = "sequence > ? ORDER BY sequence"
    tail = _read(connection, journal_id, f"{behind} DESC LIMIT {_TAIL}", checkpoint.to)
    for following, entry in itertools.pairwise(tail):
        if not _follows(following, entry.sequence, entry.digest):
            raise JournalError(f"entry {following.sequence} does not follow {entry.sequence}")
    first = _read(connection, journal_id, f"{behind} LIMIT 1", checkpoint.to)
    if not first or not _follows(first[0], checkpoint.to, checkpoint.digest):
        missing = "the first entry" if checkpoint.to == 0 else f"entry {checkpoint.to + 1}, behind what was pruned,"
        raise JournalError(f"{missing} is missing")
    _read(connection, journal_id, "sequence <= ?", checkpoint.to)
    if kept_digest(kept(connection, checkpoint.to)) != checkpoint.kept_digest:
        raise JournalError(f"of the entries up to {checkpoint.to}, others are there than pruning left")
    return checkpoint


def _read(connection: sqlite3.Connection, journal_id: str, condition: str, argument: object) -> list[Entry]:
    """The entries that `condition` selects, each of them checked by itself."""
    query = f"SELECT {COLUMNS} FROM entries WHERE {condition}"  # noqa: S608 - our own texts
    return [_entry(row, journal_id) for row in connection.execute(query, (argument,))]


def _entry(row: Row, journal_id: str) -> Entry:
    sequence, kind, sale, till, digest, data = row
    if isinstance(data, bytes) and sha256_hex(data) == digest:
        # Bytes that hash right may still be another's: what is needed of them is looked at like any input.
        entry = Entry(_fields(data), data, digest)
        said = (entry.fields.get("journal_id"), entry.fields.get("sequence"), entry.fields.get("kind"))
        if said == (journal_id, sequence, kind) and names_of(entry) == (sale, till):
            return entry
    raise JournalError(f"entry {sequence} was altered")


def _fields(data: bytes) -> dict[str, object]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        fields = None
    return fields if isinstance(fields, dict) and isinstance(fields.get("body"), dict) else {"body": {}}


def _follows(entry: Entry, sequence: int, digest: str) -> bool:
    return (entry.sequence, entry.fields.get("previous")) == (sequence + 1, digest)
