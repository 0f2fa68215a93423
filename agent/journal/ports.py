"""What the core needs of a journal."""

from agent.compat import Protocol
from agent.journal.anchor import Anchor
from agent.journal.device import Device
from agent.journal.entry import Entry, Record
from agent.journal.pruning import Pending


class OnAppend(Protocol):
    """Who is told that the journal grew."""

    def __call__(self) -> None:
        """Something was appended."""


class Journal(Protocol):
    """The durable, hash-chained record. An entry is on disk before `append` returns: intent comes before the step."""

    journal_id: str

    async def append(self, *records: Record) -> "list[Entry]":
        """Write `records` down in one commit: all of them or none. Raises JournalError."""

    def on_append(self, callback: OnAppend) -> None:
        """Call `callback` after each append."""

    async def about(self, sale: str) -> "list[Entry]":
        """The entries of one sale, in order."""

    async def sale_of(self, till: str) -> str:
        """The latest sale that the till named `till`, "" when there is none."""

    async def last(self, kind: str) -> "Entry | None":
        """The latest entry of a kind."""

    async def recent(self, kind: str, most: int, skip: int = 0) -> "list[Entry]":
        """Up to `most` entries of a kind, newest first, behind the `skip` newest ones."""

    async def open_sales(self, opened: str, closed: "tuple[str, ...]") -> "list[str]":
        """The sales with an entry of kind `opened` and behind it none of the kinds `closed`, oldest first."""

    async def after(self, sequence: int, most: int) -> "list[Entry]":
        """Up to `most` entries behind `sequence`, in order."""

    async def head(self) -> int:
        """The sequence of the newest entry, 0 in an empty journal."""

    async def size_kib(self) -> int:
        """What it takes up on disk, in KiB."""

    async def acknowledged(self) -> int:
        """The sequence up to which the backend holds the journal, 0 when it holds nothing."""

    async def counter(self) -> int:
        """The counter of the latest anchor, 0 when there is none."""

    async def anchor(self, anchor: Anchor) -> bool:
        """Note `anchor`, in place of the one before; False, and nothing noted, when its entry's hash is another.

        One of entry 0, whose hash is GENESIS, says that the backend holds nothing. Of an entry that was pruned nothing
        is left to compare: the backend held it before. The anchor becomes durable with the next append or the end at
        the latest: losing it only sends events again.
        """

    async def note_held(self, sequence: int) -> None:
        """Note that the backend keeps a disowned journal up to `sequence`, beside the line that it acknowledges.

        Durable as an anchor is; a lower one than before changes nothing.
        """

    async def pruned(self) -> int:
        """The sequence up to which entries were taken out, 0 when none were; some in front of it may still be there."""

    async def prune(self, to: int, why: str, pending: "tuple[Pending, ...]", device: Device) -> None:
        """Take out the entries up to `to` and write down a checkpoint, in one commit: see `agent.journal.pruning`.

        `device` signs the checkpoint. `to` must lie in front of what the backend has acknowledged. Raises JournalError.
        """

    async def next_session(self) -> int:
        """Count and return the number of this connection to the fleet: durable, never used twice."""
