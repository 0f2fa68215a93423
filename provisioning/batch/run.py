"""A batch under way: its rows installed side by side, each put back by itself where it fails."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from msgspec.structs import replace

from provisioning.batch import outcome as states
from provisioning.batch.outcome import Outcome
from provisioning.batch.record import Record
from provisioning.batch.row import Row
from provisioning.batch.sheets import Sheets
from provisioning.install import result, steps
from provisioning.install.desk import Desk
from provisioning.install.installation import Installation
from provisioning.install.reach import Reach
from provisioning.install.result import Failure, InstallationFailedError
from provisioning.install.steps import Person, Progress
from provisioning.install.work import Order
from provisioning.trail_entry import BATCH_ROW, FAILED, told
from provisioning.trail_entry import DONE as ENDED

# So many terminals in a row that fail for one reason have more in common than the terminals.
SAME_IN_A_ROW = 5
_PROVISIONED = "PROVISIONED"

Why = Literal["", "called_off", "same_reason"]
"""Why a batch ended before its last row."""


class Screen(Protocol):
    """Whoever looks on."""

    def begun(self, row: Row) -> None:
        """`row` is under way."""

    def step(self, row: Row, progress: Progress) -> None:
        """Something about a step of `row`."""

    def ended(self, row: Row, outcome: Outcome) -> None:
        """`row` is done, or failed."""

    def called_off(self, again: bool) -> None:
        """No further row is begun; those under way are finished, or put back when it was called off `again`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """Who installs, how many terminals at a time, and who stands at them: a `person` sells there, nobody does not.

    `table` is what the audit trail calls the table.
    """

    technician: str
    table: str
    parallel: int
    person: Person | None = None

    def named(self, row: Row) -> str:
        """The row, as the audit trail calls it."""
        return told(f"{self.table}, row {row.number}")


class Batch:
    """The rows of a table, of which the record says how far they are. `why` says what ended it early, "" nothing."""

    def __init__(
        self, rows: Sequence[Row], record: Record, desk: Desk, reach: Callable[[Row], Reach], sheets: Sheets, how: How,
        screen: Screen,
    ) -> None:  # fmt: skip
        self.rows = rows
        self.why: Why = ""
        self._record = record
        self._desk = desk
        self._reach = reach
        self._sheets = sheets
        self._how = how
        self._screen = screen
        self._workers: list[asyncio.Task[None]] = []
        self._ended: asyncio.Queue[Outcome | None] = asyncio.Queue()
        self._alike: list[Failure] = []

    @property
    def alike(self) -> int:
        """So many terminals failed in a row, and for the same reason."""
        return len(self._alike)

    @property
    def same_reason(self) -> Failure:
        """The last of the failures that ended it."""
        return self._alike[-1]

    async def run(self) -> None:
        """Install what is not done. Raises ProvisioningError where record, trail or sheets cannot be written."""
        for row in self.rows:
            self._ended.put_nowait(self._record.outcomes[row.serial])
        waiting = iter(self._record.left(self.rows))
        filing = asyncio.create_task(self._file())
        self._workers = [asyncio.create_task(self._work(waiting, filing)) for _ in range(self._how.parallel)]
        try:
            await asyncio.gather(*self._workers)
        except asyncio.CancelledError:
            if self.why != "called_off":
                raise
        finally:
            self._cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)
            self._ended.put_nowait(None)
            await filing

    def call_off(self) -> None:
        """Begin no further row; called once more, put those back that are under way, too."""
        again = self.why == "called_off"
        self.why = "called_off"
        self._screen.called_off(again)
        if again:
            self._cancel()

    def _cancel(self) -> None:
        for worker in self._workers:
            # A second time would cut the putting back short.
            if not worker.cancelling():
                worker.cancel()

    async def _work(self, waiting: Iterator[Row], filing: asyncio.Task[None]) -> None:
        # Where sheets cannot be written nothing further is begun.
        while not self.why and not filing.done() and (row := next(waiting, None)) is not None:
            self._record.now(row, states.BEGUN)
            self._screen.begun(row)
            self._end(row, await self._done(row))

    def _end(self, row: Row, outcome: Outcome) -> None:
        self._screen.ended(row, outcome)
        self._count(outcome)
        self._ended.put_nowait(outcome)

    async def _file(self) -> None:
        """Write the sheets of rows that have ended; one takes a while, and no terminal waits for it."""
        while (outcome := await self._ended.get()) is not None:
            await asyncio.to_thread(self._sheets.write, outcome)

    async def _done(self, row: Row) -> Outcome:
        """Install `row`; what became of it is in the record."""
        attended = self._how.person is not None
        order = Order(
            signed=row.signed, technician=self._how.technician, batch=self._how.named(row), settings=row.settings,
            sale=attended, by_person=attended,
        )  # fmt: skip
        installation = Installation(order, self._desk, self._reach(row), self._how.person)
        try:
            async with aclosing(installation.run()) as told:
                async for progress in told:
                    if (progress.step, progress.state) == (steps.COMMIT, "begun"):
                        self._record.now(row, states.COMMITTING, facts=installation.facts)
                    self._screen.step(row, progress)
        except InstallationFailedError as error:
            return await self._failed(row, error.failure, installation)
        except asyncio.CancelledError:
            if installation.failure:
                self._end(row, await self._failed(row, installation.failure, installation))
            raise
        assert installation.installed is not None
        return self._record.now(row, states.DONE, facts=installation.installed.facts)

    async def _failed(self, row: Row, failure: Failure, installation: Installation) -> Outcome:
        """The outcome of a row whose installation failed; the terminal may be as it should all the same."""
        if failure.terminal == result.DONE:
            return self._record.now(row, states.DONE, facts=self._record.outcomes[row.serial].facts)
        order = installation.order
        if failure.code == _PROVISIONED:
            certificate = await asyncio.to_thread(self._ours, row, order, installation.found)
            facts = self._record.outcomes[row.serial].facts
            if certificate:
                its = facts if facts and facts.certificate == certificate else None
                return self._record.now(row, states.DONE, facts=its, found=True)
        if failure.terminal == result.UNTOUCHED:
            why = told(f"{failure.step}: {failure.code} {failure.detail}")
            deed = replace(order.deed_of(row.binding), action=BATCH_ROW, outcome=FAILED, detail=why)
            await asyncio.to_thread(self._desk.write_down, deed)
        return self._record.now(row, states.FAILED, failure=failure)

    def _ours(self, row: Row, order: Order, found: dict[str, Any]) -> str:
        """The SHA-256 of the terminal's certificate where it has this binding and one of ours: its outcome was lost.

        What was issued to the terminal beside that one is revoked, and the trail hears that it is done. "" for a
        terminal that is somebody else's.
        """
        names = ("serial", "version", "mid", "tid", "name")
        if found["binding"] != {name: getattr(row.binding, name) for name in names}:
            return ""
        certificate = str(found["certificate"]).encode()
        fingerprint = self._desk.issued(row.serial, certificate)
        if fingerprint:
            self._desk.keep_only(row.serial, certificate)
            detail = "known by the terminal: what came of it was lost"
            deed = replace(order.deed_of(row.binding), outcome=ENDED, certificate=fingerprint, detail=detail)
            if not self._desk.has_written(deed):
                self._desk.write_down(deed)
        return fingerprint

    def _count(self, outcome: Outcome) -> None:
        """Stop where one terminal after the other fails for the same reason."""
        failure = outcome.failure
        if failure is None:
            self._alike.clear()
            return
        if self._alike and (self._alike[-1].step, self._alike[-1].code) != (failure.step, failure.code):
            self._alike.clear()
        self._alike.append(failure)
        if len(self._alike) >= SAME_IN_A_ROW and not self.why:
            self.why = "same_reason"
