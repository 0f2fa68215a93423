"""What a made-up terminal has written down and the backend has not acknowledged: its chain's end, and its outbox."""

import secrets
from collections import deque
from typing import NamedTuple

from agent.journal.entry import GENESIS, Record, Stamp, chain
from agent.report.events import cloud_event
from agent.report.outbox import Outbox


class Waiting(NamedTuple):
    """An event that is not acknowledged: its hash, the message, and when it was made (monotonic, s).

    `on_line` says whether there was a connection then.
    """

    sequence: int
    digest: str
    payload: bytes
    made: float
    on_line: bool


class Outgoing:
    """A new journal, of which what is acknowledged is let go; `window` events may be under way."""

    def __init__(self, source: str, window: int) -> None:
        self.journal_id = secrets.token_hex(16)
        self.sequence = 0
        self.outbox = Outbox(0, window)
        # The hash of the last entry that is acknowledged.
        self.acknowledged_hash = GENESIS
        self._source = source
        self._digest = GENESIS
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        """How many events wait for their acknowledgement."""
        return len(self._waiting)

    @property
    def oldest(self) -> float | None:
        """When the oldest of them was made (monotonic, s)."""
        return self._waiting[0].made if self._waiting else None

    def write(self, record: Record, stamp: Stamp, made: float, on_line: bool) -> Waiting:
        """Write `record` down; it is sent when its turn comes."""
        self.sequence += 1
        entry = chain(self.journal_id, self.sequence, self._digest, record, stamp)
        self._digest = entry.digest
        written = Waiting(self.sequence, entry.digest, cloud_event(entry, self._source), made, on_line)
        self._waiting.append(written)
        return written

    def due(self) -> list[Waiting]:
        """What may be sent now; it counts as sent."""
        begin = self.outbox.sent - self.outbox.acknowledged
        end = min(len(self._waiting), begin + max(0, self.outbox.room()))
        sent = [self._waiting[at] for at in range(begin, end)]
        for each in sent:
            self.outbox.mark_sent(each.sequence)
        return sent

    def hash_of(self, sequence: int) -> str | None:
        """The hash of an entry that waits or was acknowledged last; None for any other."""
        if sequence == self.outbox.acknowledged:
            return self.acknowledged_hash
        at = sequence - self.outbox.acknowledged - 1
        return self._waiting[at].digest if 0 <= at < len(self._waiting) else None

    def settle(self, sequence: int) -> list[Waiting]:
        """The backend holds everything up to `sequence`; what left the outbox by that."""
        settled = list[Waiting]()
        while self._waiting and self._waiting[0].sequence <= sequence:
            settled.append(self._waiting.popleft())
        if settled:
            self.outbox.settle(sequence)
            self.acknowledged_hash = settled[-1].digest
        return settled
