"""The newest entry of several kinds."""

from agent.journal.entry import Entry
from agent.journal.ports import Journal


async def newest(journal: Journal, kinds: "tuple[str, ...]") -> "Entry | None":
    """The latest entry whose kind is one of `kinds`; None when there is none. Raises JournalError."""
    found = None
    for kind in kinds:
        entry = await journal.last(kind)
        if entry is not None and (found is None or entry.sequence > found.sequence):
            found = entry
    return found
