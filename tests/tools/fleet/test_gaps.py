"""A gap is an alarm only when it stays open, since several workers take events in any order."""

from pathlib import Path
from typing import Any

import pytest

from tests.tools.fleet.intake import events
from tests.tools.fleet.publisher import Journal
from tools.fleet.store import Head, Reader, Store

AT, SOON, LATE, LATER = (f"2026-11-26T10:00:{second}.000Z" for second in ("00", "14", "15", "40"))


@pytest.fixture
def journal() -> Journal:
    journal = Journal("JG-TEST-0001")
    for _ in range(6):
        journal.add()
    return journal


def take(store: Store, journal: Journal, *sequences: int, now: str = AT) -> int:
    """Store the entries `sequences`; what is acknowledged then."""
    heads: list[Head] = store.take(events(journal, *sequences), now)
    return heads[0].sequence if heads else 0


def alarms(directory: Path) -> list[tuple[Any, ...]]:
    reader = Reader(directory)
    raised = [(alarm.kind, alarm.sequence, alarm.cleared_at) for alarm in reader.alarms()]
    reader.close()
    return raised


def test_a_gap_that_is_soon_closed_is_none(store: Store, journal: Journal, store_dir: Path) -> None:
    assert take(store, journal, 1, 3) == 1
    store.look_for_gaps(SOON)
    assert take(store, journal, 2, now=SOON) == 3
    store.look_for_gaps(LATER)
    assert alarms(store_dir) == []


def test_a_gap_that_stays_is_an_alarm_once_until_it_closes(store: Store, journal: Journal, store_dir: Path) -> None:
    take(store, journal, 1, 3)
    store.look_for_gaps(SOON)
    assert alarms(store_dir) == []
    for _ in range(2):
        store.look_for_gaps(LATE)
    assert alarms(store_dir) == [("gap", 2, None)]
    assert take(store, journal, 2, now=LATER) == 3
    assert alarms(store_dir) == [("gap", 2, LATER)]


def test_of_two_gaps_the_second_has_its_own_time(store: Store, journal: Journal, store_dir: Path) -> None:
    take(store, journal, 1, 3, 5)
    take(store, journal, 2, now=SOON)
    store.look_for_gaps(LATE)
    assert alarms(store_dir) == []
    store.look_for_gaps(LATER)
    assert alarms(store_dir) == [("gap", 4, None)]


def test_two_writers_of_one_store_make_one_journal_in_any_order(
    store: Store, worker: Store, journal: Journal, store_dir: Path
) -> None:
    assert take(worker, journal, 2, 3) == 0
    assert take(store, journal, 5) == 0
    assert take(store, journal, 1) == 3
    assert take(worker, journal, 4, 5) == 5
    assert take(store, journal, 6) == 6
    reader = Reader(store_dir)
    assert [event.sequence for event in reader.events()] == [1, 2, 3, 4, 5, 6]
    assert reader.alarms() == []
    reader.close()
