"""Acknowledgements of one journal are counted in the order of the commits, whoever makes them, whatever the clock."""

from datetime import datetime

import pytest

from tests.tools.fleet.intake import events, greeting
from tests.tools.fleet.publisher import Journal
from tools.fleet.store import Store

NOW, BEFORE, NEXT_DAY = "2026-11-26T10:00:00.000Z", "2026-11-25T10:00:00.000Z", "2026-11-27T10:00:00.000Z"
NOW_MS, NEXT_DAY_MS = (int(datetime.fromisoformat(each).timestamp() * 1000) for each in (NOW, NEXT_DAY))


@pytest.fixture
def journal(terminal: str) -> Journal:
    journal = Journal(terminal)
    for _ in range(6):
        journal.add()
    return journal


def acknowledged(store: Store, journal: Journal, *sequences: int, now: str = NOW) -> tuple[int, int]:
    """What is acknowledged once the entries `sequences` are stored, and the counter of that."""
    (head,) = store.take(events(journal, *sequences), now)
    return head.sequence, head.counter


def test_each_is_counted_above_the_one_before_by_all_writers_of_a_store(
    store: Store, worker: Store, journal: Journal
) -> None:
    assert acknowledged(store, journal, 1) == (1, NOW_MS)
    assert acknowledged(worker, journal, 2, 3) == (3, NOW_MS + 1)
    assert acknowledged(store, journal, 1) == (3, NOW_MS + 2), "what comes again too"
    (head,) = worker.take([greeting(journal)], NOW)
    assert (head.sequence, head.counter) == (3, NOW_MS + 3)


def test_it_follows_the_clock_but_not_back(store: Store, journal: Journal) -> None:
    acknowledged(store, journal, 1)
    assert acknowledged(store, journal, 2, now=BEFORE) == (2, NOW_MS + 1)
    assert acknowledged(store, journal, 3, now=NEXT_DAY) == (3, NEXT_DAY_MS)


@pytest.mark.parametrize("store_dir", ["sqlite"], indirect=True)
def test_a_store_that_was_put_back_counts_on_above_what_it_counted(store: Store, journal: Journal) -> None:
    acknowledged(store, journal, 1, 2)
    copies = {path: path.read_bytes() for path in store.place.directory.glob("fleet.sqlite*")}
    lost = [acknowledged(store, journal, sequence) for sequence in (3, 4, 5, 6)]
    store.stop()
    for path in store.place.directory.glob("fleet.sqlite*"):
        path.unlink()
    for path, content in copies.items():
        path.write_bytes(content)
    store.start()
    later = "2026-11-26T10:00:01.000Z"
    (head,) = store.take([greeting(journal)], later)
    assert head.sequence == 2
    assert head.counter > lost[-1][1]


def test_each_journal_has_its_own(store: Store, journal: Journal) -> None:
    other = Journal(journal.terminal + "-B")
    other.add()
    heads = store.take([*events(journal, 1, 2), *events(other, 1)], NOW)
    assert sorted((head.terminal, head.counter) for head in heads) == [
        (journal.terminal, NOW_MS),
        (other.terminal, NOW_MS),
    ]
