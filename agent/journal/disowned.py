"""A journal that the backend disowned: what is acknowledged for good is an entry that this journal does not hold.

It was put back, or goes on elsewhere. That is true of it for good, so it is written down, once; the way back is a new
journal, begun by a technician.
"""

from agent.journal.ports import Journal

# Its body is the acknowledgement that says so, in the form of an anchor.
DISOWNED = "journal.disowned"
# As a code: why the terminal is locked, and why it cannot be unlocked from afar.
JOURNAL_DISOWNED = "JOURNAL_DISOWNED"


async def disowned(journal: Journal) -> int:
    """The acknowledged entry that `journal` does not hold, 0 where it is not disowned. Raises JournalError."""
    entry = await journal.last(DISOWNED)
    return 0 if entry is None else int(str(entry.body["sequence"]))
