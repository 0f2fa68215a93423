"""The power goes while a key set is taken: the terminal trusts the old one or the new one, whole, and can go on."""

import asyncio
import json
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.adapters.trusted_keys import TrustedKeys
from agent.errors import RefusedMessageError
from agent.keys.rotation import TAKEN, Rotation
from agent.report.topics import KEYS
from provisioning import key_set, keys
from tests.faults import tracing
from tools.rig.files import FLEET

MOST_CALLS = 200


class Shelf:
    """A folder where the set 1 is installed, and the set 2 that comes over the link."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = keys.create(folder / "root.key", keys.ROOT)
        backend = key_set.public_half(keys.create(folder / "backend.key", keys.BACKEND), "backend")
        self.first = json.dumps(key_set.first(self.root, FLEET, [backend]))
        follower = key_set.public_half(keys.create(folder / "next.key", keys.BACKEND), "backend")
        self.second = json.dumps(key_set.following(self.root, json.loads(self.first), [follower]))
        (folder / "keys.json").write_text(self.first)
        (folder / "second.json").write_text(self.second)
        # An earlier run, which was told of the first set once more.
        done = tracing.run(tracing.child("rotate", folder / "keys.json", self.root.public_hex))
        assert done.stdout.splitlines() == ["started 1", "taken 1"], done.stderr
        self.journal = (folder / "journal.sqlite").read_bytes()

    def rotate(self) -> list[str]:
        """The command that takes the second set."""
        return tracing.child("rotate", self.folder / "second.json", self.root.public_hex)

    def begin_again(self) -> None:
        """As it was behind the earlier run."""
        for path in [*self.folder.glob("taken.json*"), *self.folder.glob("journal.*")]:
            path.unlink()
        (self.folder / "journal.sqlite").write_bytes(self.journal)

    async def found(self) -> tuple[int, list[object]]:
        """The set that the next start trusts, and the marks; the second set, sent again, is in force afterwards."""
        ring = TrustedKeys(self.folder / "keys.json", self.folder / "taken.json", self.root.public_hex, FLEET)
        ring.load()
        journal = SqliteJournal(self.folder / "journal.sqlite", SystemClock(), "boot-2")
        await journal.start()
        try:
            rotation = Rotation(journal, ring)
            await rotation.start()
            version, marks = ring.version, await _marks(journal)
            await rotation.heard(KEYS, self.second.encode())
            assert (ring.version, (await _marks(journal))[-1]) == (2, 2)
            with pytest.raises(RefusedMessageError):
                await rotation.heard(KEYS, self.first.encode())
            return version, marks
        finally:
            await journal.stop()


async def _marks(journal: SqliteJournal) -> list[object]:
    return [entry.body["version"] for entry in await journal.after(0, 100) if entry.kind == TAKEN]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def cut(shelf: Shelf, call: str, number: int) -> int | None:
    """The set that is in force after a kill at the `number`-th `call`, None when it was through."""
    shelf.begin_again()
    killed, done = tracing.killed_at(call, number, shelf.rotate())
    version, marks = asyncio.run(shelf.found())
    # The start catches up with what was written before the cut: a mark for the set that is there.
    assert (version, marks) in ((1, [1]), (2, [1, 2])), (call, number)
    if "taken 2" in done.stdout.splitlines():
        assert version == 2, (call, number)
    return version if killed else None


def states(shelf: Shelf, call: str) -> list[int]:
    """The set that is in force after a kill at the 1st, 2nd ... `call`, until one is through."""
    found: list[int] = []
    for number in range(1, MOST_CALLS):
        state = cut(shelf, call, number)
        if state is None:
            return found
        found.append(state)
    raise AssertionError(f"{MOST_CALLS} calls of {call}")


def test_a_kill_between_the_writes_leaves_the_old_set_or_the_new_one(shelf: Shelf) -> None:
    # Syncs of the set and of its folder: killed before its rename the old one stands.
    assert states(shelf, "fsync") == [1, 2]


def test_a_kill_before_the_mark_is_made_up_for_by_the_next_start(shelf: Shelf) -> None:
    # The mark's commit, then the end of the journal's log: the set is there before each.
    assert set(states(shelf, "fdatasync")) == {2}


def test_a_set_that_is_taken_is_there_after_the_end(shelf: Shelf) -> None:
    done = tracing.run(shelf.rotate())
    assert done.stdout.splitlines() == ["started 1", "taken 2"], done.stderr
    assert asyncio.run(shelf.found()) == (2, [1, 2])


@pytest.mark.sweep
@pytest.mark.parametrize("call", ["write", "pwrite64", "rename", "link", "unlink"])
def test_sweep_of_every_call_by_which_a_key_set_is_taken(shelf: Shelf, call: str) -> None:
    assert states(shelf, call), "each is held against the old and the new set in `cut`"
