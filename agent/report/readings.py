"""The readings of now: what the machine tells of itself, and what the core knows of its journal, link and sales."""

from agent.binding.gate import Gate
from agent.binding.ports import Tamper
from agent.clock import NEVER, SYNCED, Clock, seconds_between
from agent.compat import since_ms
from agent.errors import JournalError
from agent.journal.entry import Entry
from agent.journal.newest import newest
from agent.journal.ports import Journal
from agent.lifecycle import Lifecycle
from agent.report.ports import UNKNOWN, Machine
from agent.report.reporter import Reporter
from agent.sale.outcome import CLOSING


class Readings:
    """Reads everything at once, under fixed keys with the units in their names; no sale waits for it."""

    def __init__(
        self,
        machine: Machine,
        journal: Journal,
        gate: Gate,
        lifecycle: Lifecycle,
        tamper: Tamper,
        clock: Clock,
        reporter: Reporter,
    ) -> None:
        self.machine = machine
        self.journal = journal
        self.gate = gate
        self.lifecycle = lifecycle
        self.tamper = tamper
        self.clock = clock
        self.reporter = reporter

    async def read(self) -> "dict[str, object]":
        """The readings; what cannot be known now is -1, or "" for a text. A journal that fails is no reason to stop."""
        readings = self.machine.vitals()
        readings.update(self._standing())
        readings.update(self._clock(readings["uptime_s"]))
        readings.update(self._link())
        readings.update(await self._journal())
        return readings

    def _standing(self) -> "dict[str, object]":
        """Whether it may sell; `binding_version` is 0 where no binding is proven, `binding_reason` says why not."""
        verdict = self.gate.prove()
        return {
            "lifecycle": self.lifecycle.state,
            "tamper": self.tamper.tampered,
            "binding_version": 0 if verdict.binding is None else verdict.binding.version,
            "binding_reason": verdict.reason,
        }

    def _clock(self, uptime_s: object) -> "dict[str, object]":
        """`clock_unsynced_s` is the time since a time source last set the clock, or since boot where none has."""
        since_sync_s = self.clock.synced_s()
        return {
            "clock": self.clock.state(),
            "clock_unsynced_s": uptime_s if since_sync_s == NEVER else since_sync_s,
        }

    def _link(self) -> "dict[str, object]":
        return {
            "link_round_trip_ms": self.reporter.link.round_trip_ms,
            "link_reconnects": max(0, self.reporter.connections - 1),
        }

    async def _journal(self) -> "dict[str, object]":
        free_kib = self.gate.space.free_kib()
        told: "dict[str, object]" = {
            "journal_kib": UNKNOWN,
            # What may still be written before no sale starts any more.
            "journal_space_kib": UNKNOWN if free_kib == UNKNOWN else max(0, free_kib - self.gate.policy.reserve_kib),
            "outbox_depth": UNKNOWN,
            "outbox_age_s": UNKNOWN,
            "sale_age_s": UNKNOWN,
            "sale_result": "",
            "sale_code": "",
        }
        try:
            told["journal_kib"] = await self.journal.size_kib()
            told.update(await self.outbox())
            told.update(await self._sale())
        except JournalError:
            pass
        return told

    async def outbox(self) -> "dict[str, object]":
        """How many events wait for the backend's acknowledgement, and how long the oldest has. Raises JournalError."""
        # First what is acknowledged: it never passes the head, however long the two questions take.
        acknowledged = await self.journal.acknowledged()
        head = await self.journal.head()
        oldest = await self.journal.after(acknowledged, 1)
        return {"outbox_depth": head - acknowledged, "outbox_age_s": self._age_s(oldest[0]) if oldest else 0}

    async def _sale(self) -> "dict[str, object]":
        """How the latest sale ended that has ended, and how long ago."""
        entry = await newest(self.journal, CLOSING)
        if entry is None:
            return {}
        return {"sale_age_s": self._age_s(entry), "sale_result": entry.body["result"], "sale_code": entry.body["code"]}

    def _age_s(self, entry: Entry) -> int:
        """Seconds since `entry` was written down; -1 when no clock that can be trusted saw both moments."""
        if entry.fields["clock"] == SYNCED and self.clock.state() == SYNCED:
            return max(0, seconds_between(str(entry.fields["time"]), self.clock.utc()))
        written_ms = entry.fields["monotonic_ms"]
        if entry.fields["boot_id"] == self.machine.boot_id and isinstance(written_ms, int):
            return since_ms(written_ms) // 1000
        return UNKNOWN
