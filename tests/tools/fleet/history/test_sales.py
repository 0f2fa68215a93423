"""Sales are put together from their events."""

import pytest

from tests.tools.fleet.history.told import AT, MID, SALE, SOON, TID, Told, asked, ended
from tests.tools.fleet.intake import events


def test_a_sale_is_what_was_asked_and_how_it_ended(told: Told) -> None:
    told.entry(*asked("s1"))
    (sale,) = told.sales()
    assert (sale["amount"], sale["currency"], sale["mid"], sale["tid"]) == (1250, "156", MID, TID)
    assert (sale["result"], sale["code"], sale["reversal"], sale["sequence"], sale["at"]) == ("", "", "", 1, AT)
    told.entry(*ended("s1", "declined", "51"), SOON)
    (sale,) = told.sales()
    assert (sale["result"], sale["code"], sale["sequence"], sale["at"]) == ("declined", "51", 1, AT)


@pytest.mark.parametrize(("kind", "result"), [("gate.refused", "refused"), ("sale.failed", "failed")])
def test_one_that_ended_before_anything_was_sent_is_a_sale_too(told: Told, kind: str, result: str) -> None:
    told.entry(kind, {"sale": "s1", **SALE, "result": result, "code": "CLOCK_UNSYNCED"})
    (sale,) = told.sales()
    assert (sale["amount"], sale["result"], sale["code"], sale["mid"]) == (1250, result, "CLOCK_UNSYNCED", "")


@pytest.mark.parametrize("order", [(1, 2, 3, 4, 5), (5, 4, 3, 2, 1), (3, 5, 1, 4, 2)])
def test_a_reversal_is_as_its_latest_entry_says_in_any_order(told: Told, order: tuple[int, ...]) -> None:
    steps = [asked("s1"), ("reversal.queued", {"sale": "s1", "reason": "98"}), ended("s1", "unknown", "NO_ANSWER")]
    steps += [("reversal.unresolved", {"sale": "s1"}), ("reversal.cleared", {"sale": "s1", "why": "Wang"})]
    for kind, body in steps:
        told.journal.add(kind=kind, body=body, time=AT)
    for sequence in order:
        told.take(AT, *events(told.journal, sequence))
        told.take(AT, *events(told.journal, sequence))
    (sale,) = told.sales()
    assert (sale["result"], sale["reversal"], sale["sequence"]) == ("unknown", "cleared", 1)


def test_two_terminals_may_have_named_their_sales_alike(told: Told) -> None:
    told.entry(*asked("s1"))
    other = Told(told.store, told.terminal + "-B")
    other.entry(*asked("s1", amount=1))
    assert [sale["amount"] for sale in told.sales() + other.sales()] == [1250, 1]


def test_an_event_that_turns_out_to_be_no_part_of_its_journal_leaves_no_sale(told: Told) -> None:
    told.entry(*asked("s0"))
    forged = told.journal.add(kind="sale.authorising", body=asked("s1")[1], previous="ab" * 32, sequence=3)
    told.take(AT, *events(told.journal, 2))
    assert [sale["sale"] for sale in told.sales()] == ["s0", "s1"]
    del told.journal.entries[1]
    told.entry(*ended("s0"))
    assert forged["sequence"] == 3
    told.remade()
    assert [(sale["sale"], sale["result"]) for sale in told.sales()] == [("s0", "approved")]
