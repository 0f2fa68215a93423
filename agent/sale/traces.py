"""Trace numbers (DE 11) and their batches: a reversal names its original by both, so no pair may come twice.

Each run begins anywhere among the million million pairs. Counting on from the journal would use numbers twice where an
old copy of it was put back or a card was cloned, and a reversal would then hit somebody else's sale; and the clock, by
which a batch could be named, stands where the copy left it until it is set.
"""

import os

# Traces in a batch, and batches until the numbers begin again.
_LAST = 999999
_ALL = _LAST * _LAST


class Traces:
    """Hands out trace numbers, from the pair `first` on (counted through all batches); by default from a random one."""

    def __init__(self, first: int = -1) -> None:
        # 64 random bits over 10^12 pairs: no pair is noticeably more likely than another.
        self._following = first if first >= 0 else int.from_bytes(os.urandom(8), "big") % _ALL

    def next(self) -> "tuple[str, str]":
        """The next trace number, six digits from 000001, and its batch; after 999999 the next batch begins."""
        batch, trace = divmod(self._following, _LAST)
        self._following = (self._following + 1) % _ALL
        return "{:06d}".format(trace + 1), "{:06d}".format(batch + 1)
