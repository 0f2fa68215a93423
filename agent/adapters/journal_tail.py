"""Checks the end of a journal as it lies on the disk, before anything is appended to it.

What the chain cannot show: who may write the file can rewrite what is not anchored yet.
"""

import json

from agent.adapters.journal_file import Row, names_of
from agent.canonical import sha256_hex
from agent.errors import JournalError
from agent.journal.entry import GENESIS, Entry


def check(rows: list[Row], journal_id: str, whole: bool) -> None:
    """Check `rows`, the newest entries, newest first; `whole` when they are all there is.

    Each entry's hash, its place, the link to the one before, and that the columns by which it is found say what it
    says. Raises JournalError naming the newest entry that does not check.
    """
    following: Entry | None = None
    for row in rows:
        entry = _entry(row, journal_id)
        if following is not None and not _links(following, entry):
            raise JournalError(f"entry {following.sequence} does not follow {entry.sequence}")
        following = entry
    if whole and (following is None or following.fields["previous"] != GENESIS or following.sequence != 1):
        raise JournalError("the first entry is missing")


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


def _links(following: Entry, entry: Entry) -> bool:
    return following.fields.get("previous") == entry.digest and following.sequence == entry.sequence + 1
