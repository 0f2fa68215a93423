"""The steps of a change on the terminal, on the line to a hand.

A terminal that has taken a binding up goes back to no lower version. So the new one is proven on trial first, while the
old one stays in force: the acquirer has to take this terminal for the new merchant. Then it counts, and is proven by a
sale. Up to there whatever fails leaves the terminal as it was; from there on it has changed, whatever fails.
"""

import asyncio
from collections.abc import Iterator

import msgspec

from agent.lifecycle import ACTIVE
from provisioning.errors import InstallError
from provisioning.hand import requests as ask
from provisioning.install import steps
from provisioning.install.desk import Desk, Heard
from provisioning.install.line import Line
from provisioning.install.proof import Proven
from provisioning.install.steps import Person
from provisioning.install.work import Order, Part, Told, Work
from provisioning.registry import Registry
from provisioning.texts import _
from provisioning.upkeep.kinds import kind_of
from provisioning.upkeep.standing import Standing, refuse_unfinished, stands


class ChangeWork(Work):
    """The work on one installed terminal; `standing` is how it was found."""

    def __init__(self, order: Order, desk: Desk, proven: Proven, person: Person | None) -> None:
        super().__init__(order, desk, proven, b"", person)
        self.standing: Standing | None = None
        self.was_active = True

    def _parts(self) -> Iterator[tuple[str, Part]]:
        yield steps.TERMINAL, self._look
        yield steps.OPEN, self._see_nothing_open
        # One that has it already was cut off before it was proven.
        if self._found.document != self.binding.document:
            yield steps.STOP, self._stop
            yield steps.FILES, self._write
            yield steps.TRIAL, self._try
            yield steps.COMMIT, self._commit
        yield steps.SALE, self._sell
        yield steps.FLEET, self._wait_for_fleet
        yield steps.DOCTOR, self._examine

    @property
    def _found(self) -> Standing:
        assert self.standing is not None
        return self.standing

    @property
    def is_switch(self) -> bool:
        """Whether the terminal will count it as one."""
        return self._found.numbers != (self.binding.acquirer, self.binding.mid, self.binding.tid)

    async def _look(self, line: Line) -> Told:
        found = self.standing = await stands(line, self.binding.serial, self.desk.settings.fleet)
        self.seen.model, self.seen.software, self.seen.till = found.model, found.software, found.till
        if not found.certificate:
            raise InstallError("NO_CERTIFICATE", found.serial)
        self.seen.certificate = found.certificate.encode()
        self.seen.head = {"sequence": found.sequence}
        registry = await asyncio.to_thread(self.desk.registry)
        self.deed = msgspec.structs.replace(
            self.deed, action=kind_of(found.document, self.binding.document, registry), why=self._why(registry)
        )
        yield self._done(address=self.seen.address, model=found.model, software=found.software)

    async def _see_nothing_open(self, line: Line) -> Told:
        found = self._found
        if found.document == self.binding.document:
            self.committing = True
            self.seen.head = {"sequence": found.taken_up or found.sequence}
            # It was not started anew, and tells its vitals when it is time for them: the journal is enough.
            self._before = Heard("", {}) if await asyncio.to_thread(self.desk.heard, self.binding.serial) else None
            yield self._warned(_("the terminal has this binding already; it is proven once more"))
            return
        if self.binding.version <= found.version:
            raise InstallError("BINDING_NOT_NEWER", f"{self.binding.version} <= {found.version}")
        if found.lifecycle != ACTIVE:
            raise InstallError(f"LIFECYCLE_{found.lifecycle.upper()}", found.reason)
        if self.is_switch:
            refuse_unfinished(found)
            if found.unresolved:
                raise InstallError("UNRESOLVED", ", ".join(found.unresolved))
            yield self._warned(self._counted(found))
        mid = self.binding.mid
        if mid[3:7] != self.binding.region[:4]:
            text = _("the region in the merchant number {mid} is {part}, the terminal's is {region}")
            yield self._warned(text.format(mid=mid, part=mid[3:7], region=self.binding.region))
        await self._look_at_the_way(line)
        await self._have_agreed(found)
        yield self._done(**self.seen.checks)

    async def _look_at_the_way(self, line: Line) -> None:
        acquirer = self.desk.settings.acquirers.get(self.binding.acquirer)
        if acquirer is None:
            raise InstallError("NO_ACQUIRER", self.binding.acquirer)
        if self._wants_master_key:
            self._master_key = await asyncio.to_thread(self.desk.master_key, self.binding)
        took = await line.ask(ask.Reach(acquirer.host, acquirer.port))
        self.seen.checks["acquirer"] = f"{took['ms']} ms"

    @property
    def _wants_master_key(self) -> bool:
        acquirer, _mid, tid = self._found.numbers
        return (acquirer, tid) != (self.binding.acquirer, self.binding.tid)

    def _why(self, registry: Registry | None) -> str:
        live = registry.live(self.binding.serial) if registry else None
        return self.order.why or (live.why if live else "")

    def _counted(self, found: Standing) -> str:
        """What the gate will say to one more switch. Raises InstallError where it would refuse every sale."""
        count, days = found.switches + 1, found.switch_days
        if count > found.most_switches:
            raise InstallError("MERCHANT_SWITCHES", f"{count} > {found.most_switches}, {days} d")
        text = _(
            "the terminal counts {count} switches of its merchant within {days} days; beyond {most} it sells nothing"
        )
        return text.format(count=count, days=days, most=found.most_switches)

    async def _have_agreed(self, found: Standing) -> None:
        if self.person is None or not self.order.by_person:
            return
        before = f"{found.document.get('name')}, {found.document.get('mid')} / {found.document.get('tid')}"
        after = f"{self.binding.name}, {self.binding.mid} / {self.binding.tid}"
        if not await self.person.says_yes(steps.CHANGE, serial=found.serial, before=before, after=after):
            raise InstallError("NOT_AGREED", "")

    async def _stop(self, line: Line) -> Told:
        await self._begin(line)
        await line.ask(ask.Stop())
        yield self._done()

    async def _write(self, line: Line) -> Told:
        await line.ask(ask.Acquirer(**msgspec.to_builtins(self.desk.settings.acquirers[self.binding.acquirer])))
        if self._wants_master_key:
            await line.ask(ask.Write("master_key", self._master_key))
        yield self._done()

    async def _try(self, line: Line) -> Told:
        signed = msgspec.to_builtins(self.order.signed)
        tried = await line.ask(ask.Try(signed))
        if tried["code"]:
            raise InstallError(str(tried["code"]), f"{self.binding.mid} / {self.binding.tid}")
        await line.ask(ask.Take(signed))
        # What was written on trial is not what the start is told by.
        self.seen.head = (await line.ask(ask.State(after=1 << 52)))["head"]
        yield self._done(mid=self.binding.mid, tid=self.binding.tid)
