"""Vitals: the latest readings in a bounded ring in memory. They are no journal entries and give way to those."""

import asyncio
import random

from agent.compat import monotonic_ms, since_ms
from agent.report.alarms import Alarms
from agent.report.ports import UNKNOWN
from agent.report.readings import Readings
from agent.report.reporter import Reporter

# An hour at the usual period.
_KEPT = 60
_STEP_MS = 1_000
# The machine's counts that only grow: how much they grew over the ring tells of now, the whole count of the past.
_GROWING = ("reader_cards", "reader_card_gone", "reader_faults")


class Vitals:
    """Takes the readings every `period_ms`, with a tenth of jitter, has alarms look at them, and has them reported."""

    def __init__(self, readings: Readings, alarms: Alarms, reporter: Reporter, period_ms: int) -> None:
        self.readings = readings
        self.alarms = alarms
        self.reporter = reporter
        self.period_ms = period_ms
        self.ring: "list[dict[str, object]]" = []

    async def run(self) -> None:
        """Take readings for ever, with a connection or without one."""
        while True:
            await self.take()
            await self._rest(0.9 + 0.2 * random.random())  # noqa: S311

    async def _rest(self, jitter: float) -> None:
        """Wait for `jitter` of the period, in steps, since that may be set anew meanwhile."""
        start = monotonic_ms()
        while True:
            left = self.period_ms * jitter - since_ms(start)
            if left <= 0:
                return
            await asyncio.sleep(min(_STEP_MS, left) / 1000)

    async def now(self) -> "dict[str, object]":
        """The readings of now, for somebody who asks: they are not kept. `alarms` are the kinds that are raised."""
        latest = await self.readings.read()
        latest.update(self._recent(latest))
        latest["alarms"] = " ".join(self.alarms.raised)
        return latest

    async def take(self) -> None:
        """Take the readings of now, keep them and have alarms look at them."""
        latest = await self.now()
        await self.alarms.look(latest)
        latest["alarms"] = " ".join(self.alarms.raised)
        self.ring.append(latest)
        if len(self.ring) > _KEPT:
            self.ring.pop(0)
        self.reporter.report_vitals(latest)

    def _recent(self, latest: "dict[str, object]") -> "dict[str, object]":
        """How much the growing counts grew within `recent_s`, which is as far as the ring goes back."""
        oldest = self.ring[0] if self.ring else latest
        recent: "dict[str, object]" = {"recent_s": _growth(oldest, latest, "process_uptime_s")}
        for name in _GROWING:
            recent["{}_recent".format(name)] = _growth(oldest, latest, name)
        return recent


def _growth(oldest: "dict[str, object]", latest: "dict[str, object]", name: str) -> int:
    before, now = oldest[name], latest[name]
    if isinstance(before, int) and isinstance(now, int) and before != UNKNOWN and now != UNKNOWN:
        return now - before
    return UNKNOWN
