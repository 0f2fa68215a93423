"""Ending a tamper latch, a lock or a suspension at the terminal, after a person has inspected it."""

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from agent.lifecycle import CLEARABLE
from provisioning.errors import InstallError
from provisioning.hand import requests as ask
from provisioning.install import result, steps
from provisioning.install.desk import Desk
from provisioning.install.reach import Reach
from provisioning.install.steps import Person, Progress
from provisioning.trail_entry import BEGUN, DONE, LATCH_CLEARED, Deed
from provisioning.upkeep.standing import Standing, refuse_unfinished
from provisioning.upkeep.upkeep import Upkeep, refuse_no


class Clear(Upkeep):
    """Clears the terminal `serial`, because of `why`; the `person` at the terminal has to have inspected it."""

    def __init__(self, serial: str, technician: str, why: str, desk: Desk, reach: Reach, person: Person) -> None:
        deed = Deed(by=technician, action=LATCH_CLEARED, serial=serial, why=why, outcome=BEGUN)
        super().__init__(deed, desk, reach)
        self.person = person

    async def _all(self) -> AsyncGenerator[Progress, None]:
        yield self._begun(steps.TERMINAL)
        await asyncio.to_thread(self.desk.expect_trail, self.deed)
        async with self.reach.hand() as line:
            standing = await self._stands(line)
            yield self._done(address=self.reach.address, model=standing.model, software=standing.software)
            yield self._begun(steps.OPEN)
            if standing.lifecycle not in CLEARABLE:
                raise InstallError("NOTHING_TO_CLEAR", standing.lifecycle)
            refuse_unfinished(standing)
            await self._inspect(standing)
            yield self._done()
            yield self._begun(steps.STOP)
            self.deed = replace(self.deed, version=standing.version, detail=standing.lifecycle)
            await self._stop(line)
            # Open, it would be latched again at once.
            await line.ask(ask.Case(wanted="closed", within_s=0))
            yield self._done()
            yield self._begun(steps.CLEARED)
            await line.ask(ask.Clear(f"{self.deed.by}: {self.deed.why}"))
            await line.ask(ask.Commit())
        for warning in await self._written(replace(self.deed, outcome=DONE)):
            yield self._warned(warning)
        yield self._done()

    async def _inspect(self, standing: Standing) -> None:
        facts = {"serial": standing.serial, "state": standing.lifecycle, "reason": standing.reason}
        for question in steps.INSPECTION:
            refuse_no(await self.person.says_yes(question, **facts))

    def _came_to(self, standing: Standing) -> result.Terminal:
        return result.AS_BEFORE if standing.lifecycle in CLEARABLE else result.DONE_UNPROVEN
