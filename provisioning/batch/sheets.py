"""The hand-over sheets of a batch, one for each terminal, in a folder."""

from pathlib import Path

from provisioning.batch.outcome import DONE, Outcome
from provisioning.handover import facts, sheet


class Sheets:
    """Writes the sheets of terminals that are done into `folder`. Raises HandoverError where one cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, outcome: Outcome) -> None:
        """Write the sheet of a terminal that is done, unless it is there; the next run makes up for what is not."""
        known = outcome.facts
        if outcome.state != DONE or known is None:
            return
        # The facts last: with them there, all is.
        if not (self.folder / f"{facts.name_of(known)}{facts.SUFFIX}").exists():
            sheet.write(known, self.folder)
            facts.save(known, self.folder)
