"""The disk runs full: the journal gives up its oldest entries, sales stop in time, and reversals are finished."""

import sys
from itertools import pairwise
from pathlib import Path

from tests.faults import tracing
from tests.faults.child import SHORT_KIB


def test_a_journal_that_fills_its_disk_gives_up_its_oldest_entries_and_says_so(tmp_path: Path) -> None:
    done = tracing.in_small_disk(8 * 1024, tmp_path, tracing.child("crowd", tmp_path / "journal.sqlite"))
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    lowest = [int(line[1]) for line in lines if line[0] == "day"]
    assert len(lowest) == 120
    # What the gate keeps for reversals, half of where entries begin to go, was never touched.
    assert min(lowest) >= SHORT_KIB // 2
    given_up = [(int(line[1]), int(line[2])) for line in lines if line[0] == "given-up"]
    assert len(given_up) > 100
    assert given_up[0] == (1, 50)
    assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(given_up))
    assert {line[3] for line in lines if line[0] == "given-up"} == {"space"}


def test_below_the_reserve_no_sale_begins_and_what_was_begun_is_finished(short_dir: Path) -> None:
    state = short_dir / "state"
    state.mkdir()
    command = [sys.executable, "-P", "-m", "tests.faults.small_shop", str(short_dir)]
    done = tracing.in_small_disk(24 * 1024, state, command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "plenty Success",
        "unanswered NO_ANSWER",
        "reversals settled 0",
        "below the reserve JOURNAL_SPACE",
        "reversals settled 1",
        f"full JOURNAL_UNAVAILABLE {state}/journal.sqlite: database or disk is full",
        "room again Success",
        "alarms",
    ]
