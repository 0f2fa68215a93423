"""Every refusal of the gate, at a counter of real processes."""

import sys
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import SqliteJournal
from agent.binding import reasons
from agent.binding.history import History
from agent.binding.record import parse
from tests.faults import tracing
from tests.refusals.counter import Counter, assert_refused, assert_sold
from tests.refusals.table import ROWS, Row, check
from tools.rig.files import MID, OTHER_MID, binding_document

SMALL_DISK_KIB = 32 * 1024


def test_every_refusal_has_a_row_in_the_order_of_asking_and_nothing_else_has_one() -> None:
    assert tuple(dict.fromkeys(row.code for row in ROWS)) == reasons.REFUSALS


@pytest.mark.parametrize("row", [row for row in ROWS if not row.on_small_disk], ids=lambda row: row.code)
def test_it_refuses_before_the_card_and_sells_again_without_its_cause(counter: Counter, row: Row) -> None:
    check(counter, row)


@pytest.mark.parametrize("row", [row for row in ROWS if row.on_small_disk], ids=lambda row: row.code)
def test_so_it_does_on_a_small_disk(short_dir: Path, row: Row) -> None:
    disk = short_dir / "state"
    disk.mkdir()
    command = [sys.executable, "-P", "-m", "tests.refusals.on_small_disk", row.code, str(short_dir)]
    done = tracing.in_small_disk(SMALL_DISK_KIB, disk, command)
    assert done.stdout == "checked\n", done.stderr


async def switch_four_times(journal: SqliteJournal) -> None:
    """Have the terminal's own history write down four changes of the merchant, at the journal's time."""
    history = History(journal, journal.clock)
    await history.start()
    for mid in (OTHER_MID, MID, OTHER_MID, MID):
        await history.take_up(parse(binding_document(mid=mid)), "test")


def test_switches_count_for_thirty_days(counter: Counter) -> None:
    try:
        with counter.stopped():
            counter.write_down(switch_four_times, days=-31)
        assert_sold(counter.sell())
        with counter.stopped():
            counter.write_down(switch_four_times, days=-29)
        assert_refused(counter.sell(), reasons.MERCHANT_SWITCHES)
    finally:
        counter.set_up_anew()
