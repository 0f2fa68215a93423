"""A journal in memory: chained as the real one is, with power cuts and full disks on demand."""

import asyncio

from agent.compat import monotonic_ms
from agent.errors import CanonicalError, JournalError
from agent.journal.anchor import Anchor
from agent.journal.device import Device
from agent.journal.entry import GENESIS, Entry, Record, Stamp, chain
from agent.journal.pruning import PRUNED, Checkpoint, Pending, checkpoint_of, is_needed, kept_digest, staying
from tests.portable.ports.machine import ManualClock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.journal.ports import OnAppend

JOURNAL_ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


class MemoryJournal:
    """Implements `agent.journal.ports.Journal`.

    `full` holds the kinds that cannot be written now ("*": none can); `commits` the length after each commit. What is
    appended is stamped with `boot_id`, and `ago_ms` before now.
    """

    def __init__(self, clock: "ManualClock | None" = None, entries: "list[Entry] | None" = None) -> None:
        self.journal_id = JOURNAL_ID
        self.clock = clock or ManualClock()
        self.boot_id = "boot-1"
        self.ago_ms = 0
        self.entries: "list[Entry]" = list(entries or [])
        self.commits: "list[int]" = []
        self.full: "set[str]" = set()
        self.sessions = 0
        self.anchored = 0
        self.counted = 0
        self.held = 0
        self._notify: "OnAppend" = _nothing

    async def append(self, *records: Record) -> "list[Entry]":
        await asyncio.sleep(0)  # the disk takes its time, and other tasks run meanwhile
        if any(record.kind in self.full or "*" in self.full for record in records):
            raise JournalError("journal: the disk is full; free some space")
        written = list(self.entries)
        for record in records:
            written.append(self._chained(record, written))
        self.entries = written
        self.commits.append(len(written))
        self._notify()
        return written[len(written) - len(records) :]

    def on_append(self, callback: "OnAppend") -> None:
        self._notify = callback

    async def about(self, sale: str) -> "list[Entry]":
        await asyncio.sleep(0)
        return [entry for entry in self.entries if sale and entry.body.get("sale") == sale]

    async def sale_of(self, till: str) -> str:
        await asyncio.sleep(0)
        named = [entry for entry in self.entries if till and entry.body.get("till") == till]
        return str(named[-1].body["sale"]) if named else ""

    async def last(self, kind: str) -> "Entry | None":
        found = await self.recent(kind, 1)
        return found[0] if found else None

    async def recent(self, kind: str, most: int, skip: int = 0) -> "list[Entry]":
        await asyncio.sleep(0)
        return list(reversed(self.of(kind)))[skip : skip + most]

    async def open_sales(self, opened: str, closed: "tuple[str, ...]") -> "list[str]":
        await asyncio.sleep(0)
        open_since: "dict[str, int]" = {}
        for entry in self.entries:
            sale = str(entry.body.get("sale", ""))
            if entry.kind == opened and sale not in open_since:
                open_since[sale] = entry.sequence
            elif entry.kind in closed:
                open_since.pop(sale, None)
        return sorted(open_since, key=lambda sale: open_since[sale])

    async def after(self, sequence: int, most: int) -> "list[Entry]":
        await asyncio.sleep(0)
        if "read" in self.full:
            raise JournalError("journal: it cannot be read")
        return [entry for entry in self.entries if entry.sequence > sequence][:most]

    async def head(self) -> int:
        return self.entries[-1].sequence if self.entries else 0

    async def size_kib(self) -> int:
        if "read" in self.full:
            raise JournalError("journal: it cannot be read")
        return len(self.text()) // 1024

    async def acknowledged(self) -> int:
        return self.anchored

    async def counter(self) -> int:
        return self.counted

    async def anchor(self, anchor: Anchor) -> bool:
        await asyncio.sleep(0)
        held = [GENESIS] if anchor.sequence == 0 else []
        held += [entry.digest for entry in self.entries if entry.sequence == anchor.sequence]
        if held != [anchor.head_hash] and (held or not 0 < anchor.sequence <= await self.pruned()):
            return False
        self.anchored, self.counted = anchor.sequence, anchor.counter
        return True

    async def note_held(self, sequence: int) -> None:
        self.held = max(self.held, sequence)

    async def pruned(self) -> int:
        await asyncio.sleep(0)
        return checkpoint_of(await self.last(PRUNED)).to

    async def prune(self, to: int, why: str, pending: "tuple[Pending, ...]", device: Device) -> None:
        first = await self.pruned() + 1
        old = [(entry.sequence, entry.kind, str(entry.body.get("sale", ""))) for entry in self.entries]
        newest = {kind: sequence for sequence, kind, _ in old}
        sales = {sale for _, _, sale in old}
        needed = {
            sale for sale in sales if is_needed([(each[0], each[1]) for each in old if each[2] == sale], to, pending)
        }
        stay = [each[0] for each in staying([each for each in old if each[0] <= to], newest, needed)]
        digests = {entry.sequence: entry.digest for entry in self.entries}
        anchor = Anchor(self.anchored, digests[self.anchored], self.counted or 1, "backend-1", "ab" * 64)
        left = [entry for entry in self.entries if entry.sequence > to or entry.sequence in stay]
        kept = kept_digest([(entry.sequence, entry.digest) for entry in left if entry.sequence <= to])
        self.entries = left
        await self.append(Checkpoint(to, digests[to], kept).record(self.journal_id, first, why, anchor, device))

    async def next_session(self) -> int:
        self.sessions += 1
        return self.sessions

    def of(self, kind: str) -> "list[Entry]":
        """The entries of one kind."""
        return [entry for entry in self.entries if entry.kind == kind]

    def kinds(self, *without: str) -> "list[str]":
        """The kinds of all entries in order, those of the folders `without` (as `acquirer`) left out."""
        return [entry.kind for entry in self.entries if entry.kind.split(".")[0] not in without]

    def body(self, kind: str) -> "dict[str, object]":
        """The body of the only entry of a kind."""
        found = self.of(kind)
        assert len(found) == 1, "{} entries of kind {}".format(len(found), kind)
        return found[0].body

    def text(self) -> str:
        """Everything that it holds, as it lies on disk."""
        return "\n".join([entry.data.decode() for entry in self.entries])

    def cut(self, length: int) -> "MemoryJournal":
        """The journal as a power cut left it, with `length` entries."""
        return MemoryJournal(self.clock, self.entries[:length])

    def _chained(self, record: Record, written: "list[Entry]") -> Entry:
        previous = written[-1].digest if written else GENESIS
        stamp = Stamp(self.clock.utc(), self.clock.state(), self.boot_id, monotonic_ms() - self.ago_ms)
        try:
            return chain(self.journal_id, written[-1].sequence + 1 if written else 1, previous, record, stamp)
        except CanonicalError as error:
            raise JournalError("journal: {}".format(error))


def _nothing() -> None:
    return None
