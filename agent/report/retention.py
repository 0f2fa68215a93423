"""How long the journal keeps what the backend holds: until it is old, or until the disk needs the space."""

import asyncio

from agent.binding.ports import Space
from agent.clock import SYNCED, Clock
from agent.compat import Protocol
from agent.journal.device import Device
from agent.journal.ports import Journal
from agent.journal.pruning import AGE, SPACE, Pending

# Entries that one step takes out: a commit that a sale may have to wait for.
_STEP = 200
# Entries that stay whatever the clock says: one that runs ahead makes everything look old.
_LEAST = 1000
# A till that repeats itself within a day is answered from the journal: what is younger than this stays even when space
# is short, and a day's doubt about the clock is allowed for.
_LEAST_DAYS = 2
_READ = 50
_PAUSE_MS = 60_000
_PAUSE_WHEN_SHORT_MS = 1_000


class Busy(Protocol):
    """Whoever must not be kept waiting."""

    @property
    def busy(self) -> bool:
        """Whether a sale is under way."""


class Retention:
    """Prunes the journal step by step. Only what the backend has acknowledged is ever taken out.

    Entries go once they are `days` old; below `short_kib` of free space, twice what the gate keeps in reserve, they go
    earlier, oldest first. `pending` names what opens and what closes a sale and its reversal; `device` signs what stays
    in place of the entries.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        space: Space,
        counter: Busy,
        pending: "tuple[Pending, ...]",
        days: int,
        short_kib: int,
        device: Device,
    ) -> None:
        self.journal = journal
        self.clock = clock
        self.space = space
        self.counter = counter
        self.pending = pending
        self.days = days
        self.short_kib = short_kib
        self.device = device
        self.step_size = _STEP
        self.least = _LEAST
        self.pause_ms = _PAUSE_MS

    async def run(self) -> None:
        """Look every minute, and every second while space is short and there is something to give up: for ever."""
        while True:
            why = "" if self.counter.busy else await self.step()
            await asyncio.sleep((_PAUSE_WHEN_SHORT_MS if why == SPACE else self.pause_ms) / 1000)

    async def step(self) -> str:
        """Take out one step's worth of entries if that many may go; return AGE, SPACE or "". Raises JournalError."""
        first = await self.journal.pruned() + 1
        to = first + self.step_size - 1
        last = min(await self.journal.acknowledged() - 1, await self.journal.head() - self.least)
        if to > last:
            return ""
        if await self._are_old(first, to, last, self.days):
            why = AGE
        elif 0 <= self.space.free_kib() < self.short_kib and await self._are_old(first, to, last, _LEAST_DAYS):
            why = SPACE
        else:
            return ""
        await self.journal.prune(to, why, self.pending, self.device)
        return why

    async def _are_old(self, first: int, to: int, last: int, days: int) -> bool:
        """Whether the entries from `first` to `to` are at least `days` old, as those up to `last` tell.

        An entry is older than those behind it. Not asked are entries of a clock that was set since, which may be
        younger than they say, and those from the future: their clock was wrong then, or it is now.
        """
        now, before, is_set = self.clock.utc(), self.clock.utc(-days), self.clock.state() == SYNCED
        while first <= last:
            for entry in await self.journal.after(first - 1, _READ):
                time = str(entry.fields["time"])
                if time > now or (is_set and entry.fields["clock"] != SYNCED):
                    continue
                if time > before:
                    return False
                if entry.sequence >= to:
                    return True
            first += _READ
        return False
