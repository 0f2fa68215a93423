"""Trace numbers (DE 11): unique within a batch, across restarts. The journal is where the last one is found."""

from agent.report.ports import Journal
from agent.sale import kinds

FIRST_BATCH = "000001"
_LAST = 999999


class Traces:
    """Hands out trace numbers. A number counts as used once an entry that carries it is in the journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.batch = FIRST_BATCH
        self._trace = 0

    async def start(self) -> None:
        """Find the last number that was used."""
        newest = 0
        for kind in (kinds.SALE_AUTHORISING, kinds.SIGNING_ON):
            entry = await self.journal.last(kind)
            if entry is not None and entry.sequence > newest:
                newest = entry.sequence
                self.batch = str(entry.body["batch"])
                self._trace = int(str(entry.body["trace"]))

    def next(self) -> "tuple[str, str]":
        """The next trace number, six digits from 000001, and its batch; after 999999 the next batch begins."""
        if self._trace >= _LAST:
            self.batch = "{:06d}".format(int(self.batch) % _LAST + 1)
            self._trace = 0
        self._trace += 1
        return "{:06d}".format(self._trace), self.batch
