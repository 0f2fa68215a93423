"""Delivery: the journal's events on their way to the backend, until it says that it has stored them.

It acknowledges them, or, once it has disowned the journal, names those that it keeps beside the line that it
acknowledges.
"""

from agent.binding.ports import Keys
from agent.compat import monotonic_ms, since_ms
from agent.errors import RefusedMessageError
from agent.journal.anchor import Anchor
from agent.journal.disowned import DISOWNED, JOURNAL_DISOWNED, disowned
from agent.journal.entry import Entry, Record
from agent.journal.ports import Journal
from agent.journal.pruning import PRUNED
from agent.lifecycle import LOCKED, Lifecycle
from agent.report.acks import ACKNOWLEDGEMENT, read_ack
from agent.report.events import cloud_event
from agent.report.outbox import Outbox
from agent.report.ports import Link
from agent.report.topics import EVENT, Topics

# An entry that tells that the backend holds less than it did.
PUT_BACK = "backend.put_back"

WINDOW = 100
# A backend that stays silent this long is sent the unacknowledged events again: its queue or ours was lost. One that is
# away is sent them less and less often, since a broker may hoard all of it.
_RESEND_MS = 10_000
# When a connection is new it may be the broker that is: what it was told before the backend had come back is lost.
_FIRST_RESEND_MS = 1_000
_RESEND_CAP_MS = 300_000
# The backend's workers acknowledge at the same time: what is older than the latest by less than this came late.
_LATE_MS = 60_000


class Delivery:
    """Sends what is in the outbox, and takes out what the backend holds."""

    def __init__(self, link: Link, journal: Journal, topics: Topics, keys: Keys, lifecycle: Lifecycle) -> None:
        self.link = link
        self.journal = journal
        self.topics = topics
        self.keys = keys
        self.lifecycle = lifecycle
        self.resend_ms = _RESEND_MS
        self.first_resend_ms = _FIRST_RESEND_MS
        self.resend_cap_ms = _RESEND_CAP_MS
        # How long the backend may stay silent now.
        self.silence_ms = _RESEND_MS
        self.outbox = Outbox(0, WINDOW)
        # The entry that the backend has acknowledged and this journal does not hold, 0 when there is none.
        self.disowned = 0
        # Hashes of entries that it keeps all the same: the latest that it named.
        self._held: list[str] = []
        # Up to where the backend held the journal at the last look, and since when nothing moved.
        self._acknowledged = 0
        self._since = 0

    async def start(self) -> None:
        """Find out how far the backend holds the journal, and whether it disowned it. Raises JournalError."""
        self.outbox = Outbox(max(await self.journal.acknowledged(), await self.journal.pruned()), WINDOW)
        self.disowned = await disowned(self.journal)

    def begin(self) -> None:
        """The connection is new: whatever was under way is sent once more."""
        self.outbox.restart()
        self._acknowledged, self._since = self.outbox.acknowledged, monotonic_ms()
        self.silence_ms = self.first_resend_ms

    async def send(self) -> None:
        """Send what there is room for, and what waits for an acknowledgement too long again.

        Raises LinkError, JournalError.
        """
        moved = self.outbox.acknowledged != self._acknowledged
        if moved:
            self.silence_ms = self.resend_ms
        if moved or self.outbox.sent == self._acknowledged:
            self._acknowledged, self._since = self.outbox.acknowledged, monotonic_ms()
        elif since_ms(self._since) >= self.silence_ms and not self.link.unconfirmed:
            self.outbox.restart()
            self._since = monotonic_ms()
            self.silence_ms = min(2 * self.silence_ms, self.resend_cap_ms)
        await self.send_waiting()

    async def send_waiting(self) -> None:
        """Send what there is room for. Raises LinkError, JournalError."""
        waiting = await self.journal.after(self.outbox.sent, self.outbox.room())
        if waiting and self.outbox.sent == self.outbox.acknowledged:
            await self._send_checkpoint()
        for entry in waiting:
            # An acknowledgement of an earlier connection's sending may come in between and overtake this one.
            if entry.sequence > self.outbox.sent:
                self.outbox.mark_sent(entry.sequence)
                await self._send(entry)

    async def _send_checkpoint(self) -> None:
        """Before the first entry that is left: a backend that lost those before it has to see where they went.

        It is far behind that entry, and would else wait for acknowledgements that wait for it.
        """
        if self.outbox.acknowledged != await self.journal.pruned():
            return  # as nearly always: nothing is looked up for it
        checkpoint = await self.journal.last(PRUNED)
        if checkpoint is not None:
            await self._send(checkpoint)

    async def _send(self, entry: Entry) -> None:
        await self.link.publish(self.topics.of(EVENT), cloud_event(entry, self.topics.source), False)

    async def acknowledged(self, payload: bytes) -> bool:
        """The backend says what it holds; True when that is news, and there may be more to send now.

        Raises RefusedMessageError when it is not to be acted upon, JournalError.
        """
        ack = read_ack(payload, self.topics, self.keys)
        if ack.journal_id != self.journal.journal_id:
            raise RefusedMessageError("{}: for another journal".format(ACKNOWLEDGEMENT))
        if ack.held:
            return await self._settle_held(ack.held)
        if not await self._is_news(ack.anchor):
            return False
        if not await self.journal.anchor(ack.anchor):
            return await self._disown(ack.anchor)
        self._hear()
        if not self.outbox.settle(ack.anchor.sequence):
            await self._fall_back(ack.anchor)
        return True

    def _hear(self) -> None:
        """The backend is there: what it did not get while it was away need not wait any longer.

        Nor longer than it did: what was sent before the backend was back is lost, although it says what it held then.
        """
        self.silence_ms = min(self.silence_ms, self.resend_ms)

    async def _is_news(self, anchor: Anchor) -> bool:
        """Whether the backend signed `anchor` after what was taken until now.

        Raises RefusedMessageError when it did so too long before to be late only.
        """
        ahead = await self.journal.counter() - anchor.counter
        if ahead > _LATE_MS:
            raise RefusedMessageError("{}: much older than the latest one".format(ACKNOWLEDGEMENT))
        return ahead < 0

    async def _fall_back(self, anchor: Anchor) -> None:
        """Where the backend holds less than before, its store was put back: what it lost is sent again."""
        before = self.outbox.acknowledged
        left = max(anchor.sequence, await self.journal.pruned())
        if left < before:
            self.outbox.fall_back(left)
            await self.journal.append(Record(PUT_BACK, {"acknowledged": before, "held": anchor.sequence}))

    async def _disown(self, anchor: Anchor) -> bool:
        """Write down that the journal is not the one that is acknowledged, and lock; True when that is news.

        Sales, reversals, a tamper latch or a lock may be missing from it, and only an inspection can tell.
        """
        if self.disowned:
            return False
        said = Record(DISOWNED, anchor.fields())
        if not await self.lifecycle.become(LOCKED, JOURNAL_DISOWNED, (said,)):
            await self.journal.append(said)
        self.disowned = anchor.sequence
        return True

    async def _settle_held(self, held: "list[str]") -> bool:
        """The backend keeps the entries with the hashes `held`; True when there may be more to send now."""
        if not self.disowned:
            return False
        self._held = (self._held + held)[-2 * WINDOW :]
        to = self.outbox.acknowledged
        for entry in await self.journal.after(to, WINDOW):
            if entry.digest not in self._held:
                break
            to = entry.sequence
        self._hear()
        await self.journal.note_held(to)
        return self.outbox.settle(to)
