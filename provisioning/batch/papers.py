"""What a batch leaves beside its record: a hand-over sheet for each terminal, and its entries in the audit trail."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from provisioning import trail
from provisioning.batch import outcome as states
from provisioning.batch.outcome import Outcome
from provisioning.batch.record import Record
from provisioning.batch.row import Row
from provisioning.handover import facts, sheet
from provisioning.install import result
from provisioning.keys import Signer
from provisioning.trail_entry import BATCH_ROW, FAILED, INSTALLED, ROLLED_BACK, Deed, told


@dataclass(frozen=True, slots=True)
class Book:
    """The desk's audit trail, and the technician's key that signs it."""

    path: Path
    signer: Signer


class Papers:
    """Writes the papers of the batch whose table is called `table` into `folder`, and into the trail, if there is one.

    Every method raises HandoverError and TrailError; what is missing then is made up for at the next run.
    """

    def __init__(self, table: str, folder: Path, technician: str, book: Book | None) -> None:
        self.folder = folder
        self._table = table
        self.technician = technician
        self._book = book

    async def finish(self, rows: Sequence[Row], record: Record) -> None:
        """Write what a run before was cut off from writing."""
        told_of = await asyncio.to_thread(self._told_of) if self._book else set()
        for row in rows:
            outcome = record.outcomes[row.serial]
            if outcome.state not in (states.DONE, states.FAILED):
                continue
            if not outcome.trailed and _key(self._deed(row, outcome)) in told_of:
                record.trailed(row.serial)
            await self.write(row, outcome, record)

    async def write(self, row: Row, outcome: Outcome, record: Record) -> None:
        """Write the papers of a row that is done or failed, and are not there yet."""
        if self._book and not record.outcomes[row.serial].trailed:
            await asyncio.to_thread(trail.append, self._book.path, self._book.signer, self._deed(row, outcome))
            record.trailed(row.serial)
        if outcome.state == states.DONE and outcome.facts:
            await asyncio.to_thread(self._write_sheet, outcome.facts)

    def _write_sheet(self, known: facts.Facts) -> None:
        # The facts last: with them there, all is.
        if not (self.folder / f"{facts.name_of(known)}{facts.SUFFIX}").exists():
            sheet.write(known, self.folder)
            facts.save(known, self.folder)

    def _told_of(self) -> set[tuple[str, ...]]:
        assert self._book is not None
        if not self._book.path.exists():
            return set()
        return {_key(sealed.entry.deed) for sealed in trail.reading(self._book.path).entries}

    def _deed(self, row: Row, outcome: Outcome) -> Deed:
        failure = outcome.failure
        changed = failure is not None and failure.terminal != result.UNTOUCHED
        said = (
            f"{failure.step} {failure.code} {failure.detail}"
            if failure
            else "known by the terminal"
            if outcome.found
            else ""
        )
        return Deed(
            by=self.technician,
            action=INSTALLED if failure is None else ROLLED_BACK if changed else BATCH_ROW,
            serial=row.serial,
            version=row.binding.version,
            certificate=outcome.facts.certificate if outcome.facts and failure is None else "",
            outcome="done" if failure is None else FAILED,
            detail=told(said),
            batch=told(f"{self._table} row {row.number}, {outcome.time}"),
        )


def _key(deed: Deed) -> tuple[str, ...]:
    """What tells the entries of two runs apart."""
    return deed.serial, deed.action, deed.batch
