"""The trial of the release that runs: it has to be ready, signed on, and acknowledged by the backend."""

import asyncio

from agent.binding.gate import Gate
from agent.compat import monotonic_ms, since_ms
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.lifecycle import Lifecycle
from agent.sale.counter import Counter
from agent.update.ports import SIGNED_ON, STARTED, Slots

TRIED = "update.tried"

_LOOK_MS = 200
# The share of its time after which it gives up by itself, in good order; the rest is for that.
_PATIENCE = 0.8


class Trial:
    """Whoever starts the terminal says with `ready` that it has started, READY for the service manager as well."""

    def __init__(self, slots: Slots, journal: Journal, gate: Gate, lifecycle: Lifecycle, counter: Counter) -> None:
        self.slots = slots
        self.journal = journal
        self.gate = gate
        self.lifecycle = lifecycle
        self.counter = counter
        self.look_ms = _LOOK_MS
        self.ready = asyncio.Event()

    async def passed(self) -> bool:
        """Whether it has come all the way in its time. Raises UpdateError or JournalError."""
        start = monotonic_ms()
        entry = (await self.journal.append(Record(TRIED, {"id": self.slots.on_trial, "version": self.slots.version})))[
            0
        ]
        step = ""
        while since_ms(start) < self.slots.trial_ms * _PATIENCE:
            if step == "" and self.ready.is_set():
                step = STARTED
                self.slots.reach(step)
            if step == STARTED and self._signed_on():
                step = SIGNED_ON
                self.slots.reach(step)
            if step == SIGNED_ON and await self.journal.acknowledged() >= entry.sequence:
                return True
            await asyncio.sleep(self.look_ms / 1000)
        return False

    def _signed_on(self) -> bool:
        verdict = self.gate.check(None, self.lifecycle.state)
        if verdict.binding is None or not self.counter.exchange.answers:
            return False
        return self.counter.sign_on.holds(verdict.digest)
