"""A gap is an alarm only when it stays open, since several workers take events in any order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

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


@contextmanager
def statements() -> Iterator[list[str]]:
    """All statements that any store is given meanwhile."""
    given: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        given.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield given
    event.remove(Engine, "before_cursor_execute", note)


def test_what_another_writer_stored_is_read_at_once_for_all_terminals(store: Store, worker: Store) -> None:
    def made(count: int) -> int:
        """How many statements it takes to store every other entry of `count` terminals behind the others."""
        journals = [Journal(f"JG-TEST-{count}-{number}") for number in range(count)]
        for one in journals:
            for _ in range(6):
                one.add()
        worker.take([said for one in journals for said in events(one, 2, 4, 6)], AT)
        with statements() as given:
            heads = store.take([said for one in journals for said in events(one, 5, 3, 1)], AT)
        assert [head.sequence for head in heads] == [6] * count
        return len(given)

    assert made(2) == made(40) > 0
