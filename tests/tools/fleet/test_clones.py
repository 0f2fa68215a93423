"""A second terminal that began with an empty folder shows in two journals that go on; a late tail shows nothing."""

from contextlib import closing

import pytest

from tests.tools.fleet.intake import events, greeting
from tests.tools.fleet.publisher import Journal
from tools.fleet.clones import GRACE
from tools.fleet.reader import Reader
from tools.fleet.store import Store
from tools.fleet.times import moved

BEGUN, SWITCHED = "2026-11-26T09:00:00.000Z", "2026-11-26T10:00:00.000Z"
SOON = moved(SWITCHED, GRACE)
LATER = "2026-11-26T10:01:00.001Z"


class Pair:
    """A terminal's journal with entries from before the switch, and one that began at the switch."""

    def __init__(self, store: Store, terminal: str) -> None:
        self.store = store
        self.old, self.new = Journal(terminal), Journal(terminal)
        for _ in range(3):
            self.old.add(time=BEGUN)
        store.take(events(self.old, 1, 2, 3), BEGUN)
        self.new.add(time=SWITCHED)
        store.take(events(self.new, 1), SWITCHED)

    def say(self, journal: Journal, time: str, clock: str = "synced", now: str = LATER) -> None:
        """An entry of `time` comes."""
        journal.add(time=time, clock=clock)
        self.store.take(events(journal, len(journal.entries)), now)

    def greet(self, journal: Journal, now: str) -> None:
        self.store.take([greeting(journal)], now)

    def alarms(self) -> list[tuple[str, str, int]]:
        with closing(Reader(self.store.place.directory)) as reader:
            names = {self.old.journal_id: "old", self.new.journal_id: "new"}
            return [(each.kind, names[each.journal_id], each.sequence) for each in reader.alarms()][1:]


@pytest.fixture
def pair(store: Store, terminal: str) -> Pair:
    pair = Pair(store, terminal)
    with closing(Reader(store.place.directory)) as reader:
        assert [each.kind for each in reader.alarms()] == ["new_journal"]
    return pair


def test_a_journal_that_goes_on_after_another_began_is_a_clone_once(pair: Pair) -> None:
    for _ in range(2):
        pair.say(pair.new, LATER)
        pair.say(pair.old, LATER)
        pair.greet(pair.old, LATER)
    assert pair.alarms() == [("cloned", "old", 4)]


@pytest.mark.parametrize(("time", "clock"), [(BEGUN, "synced"), (SOON, "synced"), (LATER, "unsynced")])
def test_the_late_tail_of_a_journal_that_was_replaced_is_none(pair: Pair, time: str, clock: str) -> None:
    pair.say(pair.old, time, clock, now="2026-11-27T10:00:00.000Z")
    pair.say(pair.new, LATER)
    assert pair.alarms() == []


def test_the_newest_synced_entry_of_a_batch_tells(pair: Pair) -> None:
    for time, clock in ((BEGUN, "synced"), (LATER, "synced"), ("2026-11-26T11:00:00.000Z", "unsynced")):
        pair.old.add(time=time, clock=clock)
    pair.store.take(events(pair.old, 4, 5, 6), LATER)
    assert pair.alarms() == [("cloned", "old", 5)]


def test_a_greeting_with_the_older_journal_is_a_clone(pair: Pair) -> None:
    pair.greet(pair.old, SOON)
    pair.greet(pair.new, LATER)
    assert pair.alarms() == []
    pair.greet(pair.old, LATER)
    pair.greet(pair.old, LATER)
    assert pair.alarms() == [("cloned", "old", 3)]


def test_a_journal_that_is_heard_of_late_but_began_first_makes_no_clone(store: Store, terminal: str) -> None:
    old, new = Journal(terminal), Journal(terminal)
    new.add(time=SWITCHED)
    store.take(events(new, 1), SWITCHED)
    old.add(time=BEGUN)
    store.take(events(old, 1), LATER)
    new.add(time=LATER)
    store.take([*events(new, 2), greeting(new)], "2026-11-26T11:00:00.000Z")
    with closing(Reader(store.place.directory)) as reader:
        assert [each.kind for each in reader.alarms()] == ["new_journal"]


def test_another_terminal_is_no_clone(pair: Pair) -> None:
    other = Journal(pair.old.terminal + "-B")
    other.add(time=LATER)
    pair.store.take(events(other, 1), LATER)
    assert pair.alarms() == []


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
def test_any_time_is_a_time(pair: Pair, time: str) -> None:
    pair.say(pair.new, time)
    pair.say(pair.old, time)
    pair.greet(pair.old, LATER)
