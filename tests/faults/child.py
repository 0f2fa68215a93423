"""What the fault tests run and kill: `python -m tests.faults.child WHAT PATH ...`. It says what has returned."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.adapters import durable_file
from agent.adapters.binding_store import TinyBindingStore
from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.adapters.trusted_keys import TrustedKeys
from agent.errors import JournalError, StoreError
from agent.journal.anchor import Anchor
from agent.journal.device import NoDevice
from agent.journal.entry import Record
from agent.journal.pruning import AGE, PRUNED
from agent.keys.rotation import Rotation
from agent.report.retention import Retention
from agent.report.topics import KEYS
from agent.sale import kinds
from board.vitals import Vitals
from tools.rig.files import FLEET, binding_document

_PADDING = "x" * 200
# Below this a crowded journal gives up what it may.
SHORT_KIB = 2048


def say(*words: object) -> None:
    """One line on standard output by one system call: it is out before anything else is done."""
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def write(path: Path, version: str) -> None:
    """Write a durable file, as the high-water mark is."""
    try:
        durable_file.write(path, {"version": int(version)})
    except StoreError as error:
        say("refused", error.code, error)
    else:
        say("written")


def bind(path: Path, version: str) -> None:
    """Write a merchant record."""
    try:
        TinyBindingStore(path).write(binding_document(int(version)), "binding-1", bytes(64))
    except StoreError as error:
        say("refused", error.code, error)
    else:
        say("written")


async def append(journal: SqliteJournal) -> None:
    """Count sessions and entries until killed."""
    say("session", await journal.next_session())
    while True:
        entries = await journal.append(Record("test.counted", {"text": _PADDING}))
        say("entry", entries[-1].sequence)


async def little(journal: SqliteJournal) -> None:
    """The life of a short run: a session, a few entries, an anchor, the end."""
    say("session", await journal.next_session())
    for _ in range(3):
        entry = (await journal.append(Record("test.counted", {"text": _PADDING})))[0]
        say("entry", entry.sequence)
        await journal.anchor(Anchor(entry.sequence, entry.digest, 1, "k", "s"))


async def prune(journal: SqliteJournal) -> None:
    """Fill a journal, have it acknowledged, and take the older half out in two steps."""
    await journal.append(Record(kinds.SALE_AUTHORISING, {"sale": "open"}))
    await journal.append(*(Record("test.counted", {"text": _PADDING * 5}) for _ in range(60)))
    head = (await journal.after(await journal.head() - 1, 1))[0]
    await journal.anchor(Anchor(head.sequence, head.digest, 1, "k", "s"))
    say("filled", head.sequence)
    for to in (20, 40):
        await journal.prune(to, AGE, kinds.PENDING, NoDevice())
        say("pruned", to)


async def anew(journal: SqliteJournal) -> None:
    """Go on in a new journal."""
    say("old", journal.journal_id)
    await journal.begin_anew({})
    say("new", journal.journal_id)


async def sale(journal: SqliteJournal) -> None:
    """The three commits of a sale between two lines, as the counter makes them, behind one that opens the log."""
    await journal.append(Record("terminal.started", {}))
    say("begin")
    for kind in ("sale.authorising", "sale.answered", "sale.finished"):
        await journal.append(Record(kind, {"sale": "s1", "text": _PADDING}))
        say(kind)
    say("end")


async def fill(journal: SqliteJournal) -> None:
    """Fill the disk, make room, go on."""
    ballast = journal.path.with_name("ballast")
    ballast.write_bytes(bytes(64 * 1024))
    last = 0
    try:
        while True:
            last = (await journal.append(Record("test.counted", {"text": _PADDING})))[-1].sequence
    except JournalError as error:
        say("full", last, error)
    try:
        await journal.append(Record("test.counted", {"text": _PADDING * 50}))
    except JournalError:
        say("still-full", await journal.head())
    ballast.unlink()
    say("again", (await journal.append(Record("test.again", {})))[-1].sequence)


class Calendar(SystemClock):
    """The system's clock, some days ahead."""

    ahead = 0

    def utc(self, days: int = 0, seconds: int = 0) -> str:
        return super().utc(days + self.ahead, seconds)


class Idle:
    """A counter where nobody buys."""

    busy = False


async def crowd(journal: SqliteJournal) -> None:
    """Days of entries, acknowledged at night, on a disk that holds a few weeks of them at most."""
    clock = journal.clock = Calendar()
    space = Vitals(journal.path.parent)
    retention = Retention(journal, clock, space, Idle(), kinds.PENDING, 180, SHORT_KIB, NoDevice())
    retention.step_size, retention.least = 50, 100
    for day in range(120):
        clock.ahead = day
        lowest = space.free_kib()
        for _ in range(20):
            await journal.append(*(Record("test.counted", {"text": _PADDING}) for _ in range(5)))
            lowest = min(lowest, space.free_kib())
        head = (await journal.after(await journal.head() - 1, 1))[0]
        await journal.anchor(Anchor(head.sequence, head.digest, 1, "k", "s"))
        while await retention.step():
            given_up = await journal.last(PRUNED)
            assert given_up is not None
            say("given-up", given_up.body["from"], given_up.body["to"], given_up.body["why"])
        say("day", lowest)


def fill_store(path: Path) -> None:
    """A merchant record that no longer fits, then does."""
    bind(path, "1")
    ballast = path.with_name("ballast")
    with ballast.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(1024))
        except OSError:
            say("disk-full")
    bind(path, "2")
    say("holds", version_in(path))
    ballast.unlink()
    bind(path, "3")
    say("holds", version_in(path))
    say("files", *sorted(each.name for each in path.parent.iterdir()))


def version_in(path: Path) -> object:
    """The version of the record in `path`."""
    found = TinyBindingStore(path).read()
    assert found is not None
    assert isinstance(found.document, dict)
    return found.document["version"]


async def with_journal(path: Path, use: Callable[[SqliteJournal], Awaitable[None]]) -> None:
    """Run `use` on the journal at `path`."""
    journal = SqliteJournal(path, SystemClock(), "boot-1")
    await journal.start()
    await use(journal)
    await journal.stop()
    say("stopped")


def rotate(path: Path, root_public: str) -> None:
    """Take the key set that `path` holds, as the link brings it, in the folder of `path` where another is installed."""
    asyncio.run(_rotate(path.parent, path.read_bytes(), root_public))


async def _rotate(folder: Path, payload: bytes, root_public: str) -> None:
    ring = TrustedKeys(folder / "keys.json", folder / "taken.json", root_public, FLEET)
    ring.load()
    journal = SqliteJournal(folder / "journal.sqlite", SystemClock(), "boot-1")
    await journal.start()
    rotation = Rotation(journal, ring)
    await rotation.start()
    say("started", ring.version)
    await rotation.heard(KEYS, payload)
    say("taken", ring.version)
    await journal.stop()


FILES: dict[str, Callable[..., None]] = {"write": write, "bind": bind, "fill_store": fill_store, "rotate": rotate}
JOURNALS = {
    "append": append,
    "little": little,
    "prune": prune,
    "anew": anew,
    "sale": sale,
    "fill": fill,
    "crowd": crowd,
}

if __name__ == "__main__":
    name, target, *rest = sys.argv[1:]
    if name in FILES:
        FILES[name](Path(target), *rest)
    else:
        asyncio.run(with_journal(Path(target), JOURNALS[name]))
