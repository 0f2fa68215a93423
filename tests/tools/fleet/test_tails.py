"""A journal that was replaced: what the new one names of it has come, or an alarm says from where on it is missing."""

import copy
from contextlib import closing

import pytest

from tests.tools.fleet.intake import events
from tests.tools.fleet.publisher import Journal, digest
from tools.fleet.reader import Reader
from tools.fleet.store import Store

NOW = "2026-11-26T10:00:00.000Z"


class Replaced:
    """A journal of six entries, and the one that begins behind it."""

    def __init__(self, store: Store, terminal: str) -> None:
        self.store = store
        self.old = Journal(terminal)
        for _ in range(6):
            self.old.add()

    def come(self, journal: Journal, *sequences: int) -> None:
        self.store.take(events(journal, *sequences), NOW)

    def begin(self, last: Journal, **changes: object) -> Journal:
        """A journal whose first entry names the end of `last` comes."""
        before = {"journal_id": last.journal_id, "sequence": len(last.entries), "hash": digest(last.entries[-1])}
        new = Journal(last.terminal)
        new.add(kind="journal.created", body={"before": before | changes})
        self.come(new, 1)
        return new

    def missing(self) -> list[tuple[str, int, bool]]:
        """The alarms of this kind: journal, first missing entry, whether it is over."""
        with closing(Reader(self.store.place.directory)) as reader:
            found = [alarm for alarm in reader.alarms() if alarm.kind == "missing_tail"]
            return [(each.journal_id, each.sequence, each.cleared_at is not None) for each in found]


@pytest.fixture
def replaced(store: Store, terminal: str) -> Replaced:
    return Replaced(store, terminal)


def test_a_tail_that_has_come_is_not_missed(replaced: Replaced) -> None:
    replaced.come(replaced.old, 1, 2, 3, 4, 5, 6)
    new = replaced.begin(replaced.old)
    new.add()
    replaced.come(new, 2)
    assert replaced.missing() == []


@pytest.mark.parametrize("held", [0, 1, 3, 5])
def test_a_tail_that_never_came_is_named_until_it_comes(replaced: Replaced, held: int) -> None:
    old = replaced.old
    if held:
        replaced.come(old, *range(1, held + 1))
    replaced.begin(old)
    assert replaced.missing() == [(old.journal_id, held + 1, False)]
    for sequence in range(held + 1, 7):
        assert replaced.missing() == [(old.journal_id, held + 1, False)]
        replaced.come(old, sequence)
    assert replaced.missing() == [(old.journal_id, held + 1, True)]


def test_a_gap_in_the_tail_is_missed_and_it_may_come_in_any_order(replaced: Replaced) -> None:
    replaced.come(replaced.old, 1, 2, 5, 6)
    replaced.begin(replaced.old)
    assert replaced.missing() == [(replaced.old.journal_id, 3, False)]
    replaced.come(replaced.old, 4)
    assert replaced.missing() == [(replaced.old.journal_id, 3, False)]
    replaced.come(replaced.old, 3)
    assert replaced.missing() == [(replaced.old.journal_id, 3, True)]


def put_back(replaced: Replaced, after: int, more: int) -> Journal:
    """The journal goes on from a copy that ends with entry `after`, with `more` entries; the first line is whole."""
    replaced.come(replaced.old, 1, 2, 3, 4, 5, 6)
    other = copy.deepcopy(replaced.old)
    del other.entries[after:]
    for _ in range(more):
        other.add(kind="sale.elsewhere")
    return other


def test_the_tail_of_a_journal_that_was_put_back_counts_where_it_lies_beside_the_line(replaced: Replaced) -> None:
    other = put_back(replaced, 3, 5)
    replaced.come(other, 4, 5, 6, 7, 8)
    replaced.begin(other)
    assert replaced.missing() == []


def test_of_a_journal_that_was_put_back_a_part_may_be_missing(replaced: Replaced) -> None:
    other = put_back(replaced, 3, 5)
    replaced.come(other, 4, 5)
    replaced.begin(other)
    assert replaced.missing() == [(other.journal_id, 7, False)], "6 of the first line is here: the lowest certain one"
    replaced.come(other, 6, 7)
    assert replaced.missing() == [(other.journal_id, 7, False)]
    replaced.come(other, 8)
    assert replaced.missing() == [(other.journal_id, 7, True)]


def test_another_end_in_a_place_that_is_taken_is_missed(replaced: Replaced) -> None:
    other = put_back(replaced, 3, 2)
    replaced.begin(other)
    assert replaced.missing() == [(other.journal_id, 5, False)]
    replaced.come(other, 4, 5)
    assert replaced.missing() == [(other.journal_id, 5, True)]


@pytest.mark.parametrize(
    "changes", [{"journal_id": "x"}, {"sequence": 0}, {"sequence": True}, {"sequence": 10**12}, {"hash": "x"}]
)
def test_what_names_no_end_is_not_asked_for(replaced: Replaced, changes: dict[str, object]) -> None:
    replaced.begin(replaced.old, **changes)
    assert replaced.missing() == []
