"""What clearing and retiring have in common: one deed, a service that is stopped, and a look at what came of it."""

import asyncio
import dataclasses
from abc import abstractmethod
from contextlib import suppress

from provisioning.errors import InstallError, ProvisioningError
from provisioning.hand import requests as ask
from provisioning.install import result, steps
from provisioning.install.attempt import LOOKED_WITHIN_S, Attempt, come_to_nothing
from provisioning.install.desk import Desk
from provisioning.install.line import Line
from provisioning.install.reach import Reach
from provisioning.install.steps import Progress
from provisioning.trail_entry import Deed
from provisioning.upkeep.standing import Standing, stands


class Upkeep(Attempt):
    """One `deed` on an installed terminal; it may be a retired one only where that is what is done to it."""

    def __init__(self, deed: Deed, desk: Desk, reach: Reach, *, may_be_retired: bool = False) -> None:
        super().__init__(desk, reach)
        self.deed = deed
        self._may_be_retired = may_be_retired
        self._step: str = steps.TERMINAL
        self._changing = False

    @abstractmethod
    def _came_to(self, standing: Standing) -> result.Terminal:
        """How the terminal is after an attempt that failed, when it is found as `standing`."""

    async def _stands(self, line: Line) -> Standing:
        fleet = self.desk.settings.fleet
        return await stands(line, self.deed.serial, fleet, may_be_retired=self._may_be_retired)

    async def _stop(self, line: Line) -> None:
        """From here on the terminal may be changed; the audit trail says so first."""
        await asyncio.to_thread(self.desk.write_down, self.deed)
        self._changing = True
        await line.ask(ask.Begin())
        await line.ask(ask.Stop())

    async def _failed(self, code: str, detail: str) -> result.Failure:
        if not self._changing:
            return result.Failure(self._step, code, detail, result.UNTOUCHED)
        failure = result.Failure(self._step, code, detail, await self._look_again())
        warnings = await self._written(come_to_nothing(self.deed, failure))
        return dataclasses.replace(failure, notes=tuple(warnings))

    async def _look_again(self) -> result.Terminal:
        with suppress(ProvisioningError, TimeoutError):
            async with asyncio.timeout(LOOKED_WITHIN_S), self.reach.hand() as line:
                return self._came_to(await self._stands(line))
        return result.NOT_SEEN

    def _begun(self, step: str) -> Progress:
        self._step = step
        return Progress(step, "begun")

    def _done(self, **facts: str) -> Progress:
        return Progress(self._step, "done", facts)

    def _warned(self, text: str) -> Progress:
        return Progress(self._step, "warning", {"text": text})


def refuse_no(agreed: bool) -> None:
    """Raises InstallError where a person did not agree."""
    if not agreed:
        raise InstallError("NOT_AGREED", "")
