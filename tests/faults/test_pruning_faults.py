"""The power goes while a journal is pruned: what is found then is the journal before the step or behind it."""

import asyncio
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.journal.pruning import PRUNED
from tests.faults import tracing

CALLS = ("pwrite64", "fdatasync", "ftruncate")
# The creation, a sale under way, sixty entries, and a checkpoint for each step.
FILLED = 62


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


async def sequences(path: Path) -> list[int]:
    """Start the journal as after a power cut, which checks it, append to it, and return which entries it holds."""
    journal = SqliteJournal(path, SystemClock(), "boot-2")
    await journal.start()
    try:
        entries = await journal.after(0, 1_000)
        checkpoint = await journal.last(PRUNED)
        assert await journal.pruned() == (checkpoint.body["to"] if checkpoint else 0)
        await journal.about("open")
        return [entry.sequence for entry in entries]
    finally:
        await journal.stop()


def expected(steps: int) -> list[int]:
    """The entries behind `steps` steps: the first two stay, as the newest of their kind and as a sale under way."""
    return [1, 2, *range(20 * steps + 1 if steps else 3, FILLED + steps + 1)]


def check_after_kill(path: Path, call: str, number: int) -> list[str] | None:
    """Kill the pruning at its `number`-th `call` and check what is left.

    Returns what it said before, None when it was through.
    """
    killed, done = tracing.killed_at(call, number, tracing.child("prune", path))
    said = done.stdout.splitlines()
    if f"filled {FILLED}" in said:
        told = sum(line.startswith("pruned ") for line in said)
        # At most the one step that was under way is done without having been reported.
        assert asyncio.run(sequences(path)) in (expected(told), expected(min(told + 1, 2))), (call, number)
    for left in path.parent.iterdir():
        left.unlink()
    return said if killed else None


@pytest.mark.parametrize(("call", "number"), [
    ("pwrite64", 106), ("pwrite64", 130), ("pwrite64", 140), ("pwrite64", 150), ("pwrite64", 188), ("fdatasync", 17),
    ("fdatasync", 18), ("fdatasync", 19), ("fdatasync", 20), ("fdatasync", 21), ("ftruncate", 2),
])  # fmt: skip
def test_a_kill_at_a_call_leaves_the_journal_before_the_step_or_behind_it(path: Path, call: str, number: int) -> None:
    said = check_after_kill(path, call, number)
    assert said is not None
    assert f"filled {FILLED}" in said


@pytest.mark.sweep
@pytest.mark.parametrize("call", CALLS)
def test_sweep_of_every_call_by_which_a_journal_is_pruned(path: Path, call: str) -> None:
    for number in range(1, 500):
        if check_after_kill(path, call, number) is None:
            return
    raise AssertionError(f"500 calls of {call}")


def test_a_pruning_that_is_through_leaves_what_is_expected(path: Path) -> None:
    done = tracing.run(tracing.child("prune", path))
    assert done.stdout.splitlines() == [f"filled {FILLED}", "pruned 20", "pruned 40", "stopped"], done.stderr
    assert asyncio.run(sequences(path)) == expected(2)
