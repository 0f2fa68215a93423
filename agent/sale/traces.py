"""Trace numbers (DE 11): unique within a batch, across restarts. The journal is where the last one is found."""

from agent.journal.ports import Journal
from agent.sale import kinds

# Traces in a batch, and batches until the numbers begin again.
_LAST = 999999
_ALL = _LAST * _LAST


class Traces:
    """Hands out trace numbers. A number counts as used once an entry that carries it is in the journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        # Counted through all batches; the next one is the first.
        self._latest = -1

    async def start(self) -> None:
        """Find the last number that was used: a sale takes its own before the card comes, so entries may cross."""
        for kind in (kinds.SALE_AUTHORISING, kinds.SIGNING_ON):
            entry = await self.journal.last(kind)
            if entry is not None:
                number = (int(str(entry.body["batch"])) - 1) * _LAST + int(str(entry.body["trace"])) - 1
                if self._latest < 0 or (number - self._latest) % _ALL < _ALL // 2:
                    self._latest = number

    def next(self) -> "tuple[str, str]":
        """The next trace number, six digits from 000001, and its batch; after 999999 the next batch begins."""
        self._latest = (self._latest + 1) % _ALL
        return "{:06d}".format(self._latest % _LAST + 1), "{:06d}".format(self._latest // _LAST + 1)
