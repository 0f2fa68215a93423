"""The end of a terminal: all is reported, then its keys are destroyed and its certificates revoked; the journal stays.

Up to the keys whatever is cut off leaves a terminal that is retired at the most, and takes this up again. Once the
ledger says that the keys go there is no way back: whoever finds it goes on. Done again, each step that is done is none.
"""

import asyncio
import dataclasses
import json
from collections.abc import AsyncGenerator
from pathlib import Path

from msgspec.structs import replace

from agent.lifecycle import RETIRED
from board import private_file
from provisioning.errors import HandError, InstallError
from provisioning.hand import requests as ask
from provisioning.install import result, steps
from provisioning.install.desk import Desk
from provisioning.install.line import Line
from provisioning.install.reach import Reach
from provisioning.install.steps import Person, Progress
from provisioning.trail_entry import BEGUN, DONE, Deed, told
from provisioning.trail_entry import RETIRED as RETIRED_DEED
from provisioning.upkeep.standing import Standing, refuse_unfinished
from provisioning.upkeep.upkeep import Upkeep, refuse_no

_HEARD_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.25
_ENTRIES_AT_ONCE = 500
_NO_ENTRIES = 1 << 52
# Of a terminal whose line is cut: that it stops, is retired, starts, signs on, and what it says of that.
_STILL_TO_COME = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """Which terminal retires, by whom and why; up to `lose` journal entries may be lost to the backend.

    `journal` is a file for the journal, None for none; `heard_within_s` how long the backend may take for the last.
    """

    serial: str
    technician: str
    why: str
    lose: int = 0
    journal: Path | None = None
    heard_within_s: float = _HEARD_WITHIN_S


class Retire(Upkeep):
    """Retires a terminal; `person` agrees to what cannot be taken back, or nobody has to."""

    def __init__(self, order: Retirement, desk: Desk, reach: Reach, person: Person | None = None) -> None:
        deed = Deed(by=order.technician, action=RETIRED_DEED, serial=order.serial, why=order.why, outcome=BEGUN)
        super().__init__(deed, desk, reach, may_be_retired=True)
        self.order = order
        self.person = person
        self._lost = 0
        self._may_lose = order.lose

    async def _all(self) -> AsyncGenerator[Progress, None]:
        yield self._begun(steps.TERMINAL)
        await asyncio.to_thread(self.desk.expect_trail, self.deed)
        async with self.reach.hand() as line:
            found = await self._stands(line)
            self.deed = replace(self.deed, version=found.version)
            yield self._done(address=self.reach.address, model=found.model, software=found.software)
            yield self._begun(steps.OPEN)
            await self._see_nothing_open(line, found)
            yield self._done(entries=str(found.sequence))
            yield self._begun(steps.STOP)
            await self._stop(line)
            yield self._done()
            yield self._begun(steps.REPORTED)
            if found.secrets:
                await self._report(line)
            yield self._done()
            yield self._begun(steps.DESTROY)
            gone = (await line.ask(ask.Destroy()))["destroyed"]
            if self.order.journal:
                await self._export(line, found, self.order.journal)
            yield self._done()
        yield self._begun(steps.REVOKE)
        revoked = await asyncio.to_thread(self.desk.revoke, self.order.serial)
        for warning in await self._written(self._ended(found, len(gone), revoked)):
            yield self._warned(warning)
        yield self._done()

    async def _see_nothing_open(self, line: Line, found: Standing) -> None:
        """Have a person agree to what cannot be taken back. Raises InstallError."""
        refuse_unfinished(found)
        if found.unresolved:
            sales = ", ".join(found.unresolved)
            if self.person is None:
                raise InstallError("UNRESOLVED", sales)
            refuse_no(await self.person.says_yes(steps.GIVEN_UP, sales=sales))
        if found.secrets:
            await self._expect_reported(line, found)
        if self.person is not None:
            refuse_no(await self.person.says_yes(steps.NO_WAY_BACK, serial=found.serial))

    async def _expect_reported(self, line: Line, found: Standing) -> None:
        """Wait until the backend has the journal as it is now; else what it lacks has to be given up by somebody."""
        lacking = await self._lacking(line) if found.running else await self._lacking_now(line)
        if lacking <= self._may_lose:
            return
        if self.person is None:
            raise InstallError("UNSENT", str(lacking))
        refuse_no(await self.person.says_yes(steps.UNSENT, count=str(lacking)))
        self._may_lose = lacking + _STILL_TO_COME

    async def _report(self, line: Line) -> None:
        """Write down that it is retired, and run once more for the fleet to hear of it."""
        await line.ask(ask.Retire(f"{self.deed.by}: {self.deed.why}"))
        try:
            await line.ask(ask.Start())
        except HandError:
            # One that does not come up any more tells nothing more either.
            if not self._may_lose:
                raise
        self._lost = await self._lacking(line)
        if self._lost > self._may_lose:
            raise InstallError("UNSENT", str(self._lost))

    async def _lacking(self, line: Line) -> int:
        """How many entries the backend lacks once it has had time for them."""
        deadline = asyncio.get_running_loop().time() + self.order.heard_within_s
        while lacking := await self._lacking_now(line):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        return lacking

    async def _lacking_now(self, line: Line) -> int:
        head = (await line.ask(ask.State(after=_NO_ENTRIES)))["head"]
        heard = await asyncio.to_thread(self.desk.heard, self.order.serial)
        if heard is None:
            # What the terminal has an acknowledgement of, as far as that is on its disk.
            stored = (await self._stands(line)).acknowledged
        else:
            stored = heard.journals.get(head["journal_id"], (0, ""))[0]
        return max(0, int(head["sequence"]) - stored)

    async def _export(self, line: Line, found: Standing, path: Path) -> None:
        """Write the whole journal to `path`: what it is, then an entry a line, as it was hashed."""
        about = {"format": "jumpguard.journal/1", "terminal": found.serial, "journal_id": found.journal_id}
        rows, after = [json.dumps(about)], 0
        while more := (await line.ask(ask.Journal(after=after, most=_ENTRIES_AT_ONCE)))["lines"]:
            rows += [f'{{"entry":{one["data"]},"hash":"{one["hash"]}"}}' for one in more]
            after = int(json.loads(more[-1]["data"])["sequence"])
        await asyncio.to_thread(private_file.replace, path, ("\n".join(rows) + "\n").encode())

    def _ended(self, found: Standing, gone: int, revoked: int) -> Deed:
        said = [f"secrets destroyed {gone}, certificates revoked {revoked}, entries lost {self._lost}"]
        if found.unresolved:
            said.append(f"unresolved {', '.join(found.unresolved)}")
        return replace(self.deed, outcome=DONE, detail=told("; ".join(said)))

    def _came_to(self, standing: Standing) -> result.Terminal:
        if not standing.secrets:
            return result.DONE_UNPROVEN
        return result.RETIRED if standing.lifecycle == RETIRED else result.AS_BEFORE
