"""The power goes or the disk fills while the journal is written: what was returned is there, and the chain is whole."""

import asyncio
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.canonical import sha256_hex
from agent.journal.entry import GENESIS, Entry
from tests.faults import tracing

CALLS = ("pwrite64", "fdatasync", "fsync", "rename", "unlink", "ftruncate")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


class Found:
    """What a journal tells after a restart."""

    def __init__(self, head: int, session: int, anchored: int) -> None:
        self.head = head
        self.session = session
        self.anchored = anchored


async def reopened(path: Path) -> Found:
    """Start the journal as after a power cut and check all of it."""
    journal = SqliteJournal(path, SystemClock(), "boot-2")
    await journal.start()
    try:
        previous = GENESIS
        entries = await journal.after(0, 1_000_000)
        for place, entry in enumerate(entries, 1):
            assert (entry.sequence, entry.fields["previous"]) == (place, previous)
            assert sha256_hex(entry.data) == entry.digest
            previous = entry.digest
        assert len(entries) == await journal.head() > 0
        return Found(len(entries), await journal.next_session(), await journal.acknowledged())
    finally:
        await journal.stop()


def told(output: str, word: str) -> list[int]:
    """The numbers that the child reported under `word`."""
    return [int(line.split()[1]) for line in output.splitlines() if line.startswith(f"{word} ")]


def kill_after(path: Path, lines: int) -> str:
    """Run the appending child, kill it once it has reported `lines` lines, and return all that it reported."""
    process = tracing.start(tracing.child("append", path))
    assert process.stdout is not None
    with process:
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    assert all(said), "the child ended by itself"
    return "".join(said)


def test_nothing_that_append_returned_is_missing_after_a_kill_and_no_session_repeats(path: Path) -> None:
    sessions: list[int] = []
    acknowledged = 1
    for lines in (2, 3, 5, 9, 17, 40, 150):
        said = kill_after(path, lines)
        entries = told(said, "entry")
        assert entries == list(range(entries[0], entries[0] + len(entries)))
        assert entries[0] > acknowledged
        found = asyncio.run(reopened(path))
        # At most the one commit that was under way is there without having been reported.
        assert entries[-1] <= found.head <= entries[-1] + 1
        sessions += [*told(said, "session"), found.session]
        acknowledged = found.head
    assert sessions == sorted(set(sessions))


def check_after_kill(path: Path, call: str, number: int) -> bool:
    """Kill the short run at its `number`-th `call` and check what is left; False when it was through before."""
    killed, done = tracing.killed_at(call, number, tracing.child("little", path))
    entries, sessions = told(done.stdout, "entry"), told(done.stdout, "session")
    found = asyncio.run(reopened(path))
    reported = max(entries, default=1)
    assert reported <= found.head <= reported + 1, (call, number)
    assert found.session > max(sessions, default=0), (call, number)
    assert found.anchored <= reported, (call, number)
    if not killed:
        assert "stopped" in done.stdout
        assert (found.head, found.anchored) == (4, 4)
    for left in path.parent.iterdir():
        left.unlink()
    return killed


@pytest.mark.parametrize(("call", "number"), [
    ("pwrite64", 1), ("pwrite64", 8), ("pwrite64", 20), ("fdatasync", 1), ("fdatasync", 4), ("fdatasync", 6),
    ("fsync", 1), ("rename", 1), ("rename", 2), ("unlink", 1),
])  # fmt: skip
def test_a_kill_at_a_call_leaves_a_whole_journal(path: Path, call: str, number: int) -> None:
    check_after_kill(path, call, number)


@pytest.mark.sweep
@pytest.mark.parametrize("call", CALLS)
def test_sweep_of_every_call_by_which_a_journal_is_written(path: Path, call: str) -> None:
    for number in range(1, 500):
        if not check_after_kill(path, call, number):
            return
    raise AssertionError(f"500 calls of {call}")


@pytest.mark.parametrize(("call", "number", "error"), [
    ("fdatasync", 3, "EIO"), ("fdatasync", 5, "EIO"), ("pwrite64", 12, "ENOSPC"), ("pwrite64", 16, "EIO"),
])  # fmt: skip
def test_a_disk_that_fails_is_told_and_what_was_returned_stays(path: Path, call: str, number: int, error: str) -> None:
    inject = f"inject={call}:error={error}:when={number}+"
    done = tracing.run([*tracing.strace("-e", f"trace={call}", "-e", inject), *tracing.child("little", path)])
    assert done.returncode == 1
    assert "agent.errors.JournalError: " in done.stderr
    entries = told(done.stdout, "entry")
    if path.exists():
        assert asyncio.run(reopened(path)).head >= max(entries, default=1)


async def first_of(path: Path) -> Entry:
    """The first entry of the journal that is in force."""
    journal = SqliteJournal(path, SystemClock(), "boot-2")
    await journal.start()
    entry = (await journal.after(0, 1))[0]
    await journal.stop()
    return entry


@pytest.mark.parametrize(("call", "number"), [
    ("unlink", 3), ("link", 1), ("unlink", 4), ("pwrite64", 12), ("fdatasync", 5), ("rename", 1), ("fsync", 1),
    ("pwrite64", 24),
])  # fmt: skip
def test_a_kill_leaves_the_journal_that_is_begun_anew_or_the_one_before(path: Path, call: str, number: int) -> None:
    tracing.run(tracing.child("little", path))
    killed, done = tracing.killed_at(call, number, tracing.child("anew", path))
    assert killed
    said = dict(line.split() for line in done.stdout.splitlines())
    first = asyncio.run(first_of(path))
    if first.body:
        before = first.body["before"]
        assert isinstance(before, dict)
        assert before["journal_id"] == said["old"]
        assert (
            asyncio.run(first_of(path.with_name(f"journal-{said['old']}.sqlite"))).fields["journal_id"] == said["old"]
        )
    else:
        assert first.fields["journal_id"] == said["old"]
    # The next attempt is not in the way of the one that was cut.
    again = tracing.run(tracing.child("anew", path))
    assert "stopped" in again.stdout, again.stderr


def test_a_sale_takes_one_sync_for_each_of_its_three_commits(path: Path) -> None:
    lines = tracing.calls_of(tracing.child("sale", path), "fsync", "fdatasync", "write")
    said = [line for line in lines if "write(1," in line or "sync(" in line]
    begin = next(place for place, line in enumerate(said) if "begin" in line)
    end = next(place for place, line in enumerate(said) if "end" in line)
    of_the_sale = ["sync" if "sync(" in line else line.split('"')[1] for line in said[begin + 1 : end]]
    assert of_the_sale == ["sync", "sale.authorising\\n", "sync", "sale.answered\\n", "sync", "sale.finished\\n"]


def test_a_full_disk_is_told_and_the_journal_goes_on_once_there_is_room(tmp_path: Path) -> None:
    done = tracing.in_small_disk(2048, tmp_path, tracing.child("fill", tmp_path / "journal.sqlite"))
    assert done.returncode == 0, done.stderr
    full, still, again, stopped = done.stdout.splitlines()
    last = int(full.split()[1])
    assert "database or disk is full" in full
    assert last > 20
    assert still == f"still-full {last}"
    assert again == f"again {last + 1}"
    assert stopped == "stopped"
