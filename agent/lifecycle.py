"""The lifecycle of a terminal. In every state it runs, answers and reports; only `active` takes payments."""

import asyncio

from agent.journal.entry import Record
from agent.journal.ports import Journal

UNPROVISIONED = "unprovisioned"
ACTIVE = "active"
SUSPENDED = "suspended"
LOCKED = "locked"
TAMPERED = "tampered"
RETIRED = "retired"

CHANGED = "lifecycle.changed"

# Begins each run. Its body says the software, and under CLOCK_FLOOR what time it must at least be.
STARTED = "terminal.started"
CLOCK_FLOOR = "clock_floor"

# What a technician may clear, once the terminal was looked into.
CLEARABLE = (TAMPERED, LOCKED, SUSPENDED)

# Why `unprovisioned` became `active`.
BINDING_PROVEN = "binding_proven"

# What each state may become. Tamper latches: only a technician's clearing leaves it, and nothing leaves `retired`.
_NEXT = {
    UNPROVISIONED: (ACTIVE, LOCKED, TAMPERED, RETIRED),
    ACTIVE: (SUSPENDED, LOCKED, TAMPERED, RETIRED),
    SUSPENDED: (ACTIVE, LOCKED, TAMPERED, RETIRED),
    LOCKED: (ACTIVE, TAMPERED, RETIRED),
    TAMPERED: (ACTIVE, RETIRED),
    RETIRED: (),
}


class Lifecycle:
    """The state of this terminal, kept in the journal: a change is on disk before it counts, a restart finds it."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.state = UNPROVISIONED
        # Why it is in that state, "" when it was never in another.
        self.reason = ""
        # One change at a time: a lock that is being written down must not end up behind a tamper latch.
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Find the state that the journal tells."""
        entry = await self.journal.last(CHANGED)
        self.state, self.reason = (str(entry.body["to"]), str(entry.body["reason"])) if entry else (UNPROVISIONED, "")

    async def become(self, state: str, reason: str, together: "tuple[Record, ...]" = ()) -> bool:
        """Go to `state` because of `reason`; False when this terminal is there already or may not go there.

        `together` is written down in the same commit, before the change. With False nothing was written down.
        """
        async with self._changing:
            if state not in _NEXT[self.state]:
                return False
            change = Record(CHANGED, {"from": self.state, "to": state, "reason": reason})
            await self.journal.append(*together, change)
            self.state, self.reason = state, reason
            return True
