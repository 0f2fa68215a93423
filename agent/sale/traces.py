"""Trace numbers (DE 11): unique within a batch, across restarts. The journal is where the last one is found."""

import os

from agent.journal.ports import Journal
from agent.sale import kinds

# Traces in a batch, and batches until the numbers begin again.
_LAST = 999999
_ALL = _LAST * _LAST


class Traces:
    """Hands out trace numbers. A number counts as used once an entry that carries it is in the journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        # Counted through all batches.
        self._latest = -1

    async def start(self) -> None:
        """Find the last number that was used: a sale takes its own before the card comes, so entries may cross.

        A journal that holds none begins a batch drawn at random: a reversal names its original by batch and trace, and
        must never hit a sale that an earlier journal of this terminal recorded. The time would not tell two journals
        apart: a clock that nobody set says the same after every boot.
        """
        self._latest = -1
        for kind in (kinds.SALE_AUTHORISING, kinds.SIGNING_ON):
            entry = await self.journal.last(kind)
            if entry is not None:
                number = (int(str(entry.body["batch"])) - 1) * _LAST + int(str(entry.body["trace"])) - 1
                if self._latest < 0 or (number - self._latest) % _ALL < _ALL // 2:
                    self._latest = number

        if self._latest < 0:
            self._latest = (int.from_bytes(os.urandom(4), "big") % _LAST) * _LAST - 1

    def next(self) -> "tuple[str, str]":
        """The next trace number, six digits from 000001, and its batch; after 999999 the next batch begins."""
        self._latest = (self._latest + 1) % _ALL
        return "{:06d}".format(self._latest % _LAST + 1), "{:06d}".format(self._latest // _LAST + 1)
