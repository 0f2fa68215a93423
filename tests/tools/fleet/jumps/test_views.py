"""What people find of jumps: filters, order, pages and counts; one whole; and how often payments jump."""

from dataclasses import fields

import pytest
from sqlalchemy import Connection

from agent import messages
from agent.journal.entry import Record
from agent.sale import kinds
from tests.portable.ports import binding as bound
from tests.tools.fleet.jumps.conftest import WANG
from tests.tools.fleet.jumps.shop import OTHER, Shop
from tools.fleet.contract import Event, Report
from tools.fleet.errors import MissingError, OrderError
from tools.fleet.jumps.workflow import add_note, move
from tools.fleet.store import Store
from tools.fleet.views.found import Page
from tools.fleet.views.jump import whole
from tools.fleet.views.jump_rates import BY, FEW_SALES, HOUR, rates
from tools.fleet.views.jumps import SORTS, Filters, counts, listed

AT, LATER, SOON = "2026-11-26T07:00:00.000Z", "2026-11-26T09:00:00.000Z", "2026-11-26T09:00:01.000Z"
NAME = {messages.MERCHANT_NAME: "别家商店"}


def found(connection: Connection, **filters: str) -> list[int]:
    return [line.id for line in listed(connection, Filters(**filters), Page(), "at", falling=False).items]


@pytest.fixture
def three(store: Store, terminal: str) -> Store:
    """Jump 1 moved money, 2 is another terminal's and two hours later, 3 nobody can read."""
    store.take(Shop(terminal).sell(OTHER, AT), SOON)
    store.take(Shop(f"{terminal}-B", "Asia/Urumqi").sell(NAME, LATER), SOON)
    store.take(Shop(f"{terminal}-C").write([Record(kinds.JUMP_DETECTED, {"expected": 1})], AT), SOON)
    return store


def test_every_order_lists_all_of_them_a_page_at_a_time(three: Store, connection: Connection) -> None:
    for sort in SORTS:
        rising = [line.id for line in listed(connection, Filters(), Page(), sort, falling=False).items]
        assert sorted(rising) == [1, 2, 3]
        pages = [listed(connection, Filters(), Page(2, offset), sort, falling=False) for offset in (0, 2)]
        assert [line.id for page in pages for line in page.items] == rising
        assert {page.total for page in pages} == {3}


def test_filters_find_what_they_say_and_nothing_else(three: Store, connection: Connection, terminal: str) -> None:
    cases: tuple[tuple[dict[str, str], list[int]], ...] = (
        ({}, [3, 1, 2]),
        ({"workflow": "new"}, [3, 1, 2]),
        ({"workflow": "reported"}, []),
        ({"stage": "answer"}, [1, 2]),
        ({"stage": "unreadable"}, [3]),
        ({"field": "mid"}, [1]),
        ({"field": "name"}, [1, 2]),
        ({"field": "%"}, []),
        ({"reverses": "yes"}, [1]),
        ({"reverses": "no"}, [3, 2]),
        ({"terminal": terminal}, [1]),
        ({"merchant": bound.NAME}, [1, 2]),
        ({"mid": bound.MID}, [1, 2]),
        ({"mid": bound.OTHER_MID}, []),
        ({"acquirer": bound.ACQUIRER}, [1, 2]),
        ({"region": bound.MID[3:5]}, [1, 2]),
        ({"since": LATER}, [2]),
        ({"until": LATER}, [3, 1]),
        ({"text": bound.OTHER_MID}, [1]),
        ({"text": "别家 -b"}, [2]),
        ({"text": "' OR 1=1 --"}, []),
        ({"text": "%"}, []),
    )
    for filters, expected in cases:
        assert found(connection, **filters) == expected, filters


def test_any_filter_is_a_value_and_no_statement(three: Store, connection: Connection) -> None:
    for field in fields(Filters):
        for text in ("'; DROP TABLE jumps; --", '"', "\\", "%_", "\ufffd" * 500):
            try:
                listed(connection, Filters(**{field.name: text}), Page())
            except OrderError:
                assert field.name in ("workflow", "reverses")
    assert found(connection) == [3, 1, 2]
    with pytest.raises(OrderError):
        listed(connection, Filters(), Page(), "id; DROP TABLE jumps")


def test_what_is_counted_is_what_is_listed(three: Store, connection: Connection) -> None:
    told = counts(connection)
    assert (told.total, told.workflow["new"], told.reverses) == (3, 3, 1)
    assert told.stage == {"answer": 2, "unreadable": 1}


def test_a_jump_is_shown_field_by_field_with_its_sale_and_the_entries_around_it(
    store: Store, shop: Shop, connection: Connection
) -> None:
    store.take([*shop.sell({}, AT), *shop.sell(OTHER, AT), *shop.sell({}, AT)], SOON)
    told = whole(connection, 1)
    assert [(each.field, each.expected, each.observed, each.result) for each in told.compared] == [
        ("acquirer", bound.ACQUIRER, bound.ACQUIRER, "same"),
        ("mid", bound.MID, bound.OTHER_MID, "different"),
        ("tid", bound.TID, bound.TID, "same"),
        ("name", bound.NAME, "别家商店", "different"),
        ("currency", "156", "156", "same"),
    ]
    assert (told.sale.amount, told.sale.trace, told.sale.reference) == (1880, "000002", "000000000042")
    assert [(entry.sequence, entry.own) for entry in told.entries] == [
        *((sequence, False) for sequence in (2, 3)),
        *((sequence, True) for sequence in range(4, 9)),
        *((sequence, False) for sequence in (9, 10)),
    ]
    assert (told.reversal.state, told.next) == ("queued", ("investigating",))
    assert (told.standing.first, told.standing.acknowledged, told.standing.covers) == (1, 11, True)


def test_the_reversal_is_as_the_sales_own_entries_tell_it(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    sale = str(shop.journal.entries[2]["body"]["sale"])
    failed: dict[str, object] = {"sale": sale, "attempt": 1, "why": "no answer"}
    store.take(shop.write([Record(kinds.REVERSAL_REPEATED, failed)], AT), SOON)
    told = whole(connection, 1).reversal
    assert (told.state, told.attempts, told.why) == ("queued", 1, "no answer")
    store.take(shop.settle(sale, LATER), SOON)
    told = whole(connection, 1).reversal
    assert (told.state, told.at, told.code) == ("settled", LATER, "00")


def test_a_jump_behind_a_gap_is_not_called_acknowledged(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sell(OTHER, AT)[1:], SOON)
    told = whole(connection, 1)
    assert (told.standing.acknowledged, told.standing.covers, told.standing.anchor) == (0, False, None)
    assert [each.expected for each in told.compared] == ["", bound.MID, "", bound.NAME, ""]


def test_an_unreadable_jump_is_shown_as_one(three: Store, connection: Connection) -> None:
    told = whole(connection, 3)
    assert (told.jump.stage, told.jump.fields, [entry.kind for entry in told.entries]) == (
        "unreadable",
        [],
        [kinds.JUMP_DETECTED],
    )
    assert {each.result for each in told.compared} == {"unknown"}


def test_what_people_did_is_told_in_order(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    engine = store.place.writing()
    with engine.begin() as writing:
        add_note(writing, WANG, 1, "they rang")
        move(writing, WANG, 1, 0, "investigating", "asked 银联")
    engine.dispose()
    told = whole(connection, 1)
    assert [(note.text, note.workflow) for note in told.notes] == [("they rang", ""), ("asked 银联", "investigating")]
    assert told.next == ("confirmed", "false_alarm")


def test_a_jump_that_there_is_not_is_missing(store: Store, connection: Connection) -> None:
    for number in (0, 1, 2**40):
        with pytest.raises(MissingError):
            whole(connection, number)


def refused(shop: Shop) -> list[Event | Report]:
    """A sale that the gate refuses: no acquirer hears of it."""
    body: dict[str, object] = {"sale": "s" + "1" * 16, "amount": 1, "result": "refused", "code": "BINDING_EXPIRED"}
    return shop.write([Record(kinds.GATE_REFUSED, body)], AT)


def test_rates_are_jumps_in_a_thousand_sales_with_both_numbers(
    store: Store, shop: Shop, connection: Connection, terminal: str
) -> None:
    other = Shop(f"{terminal}-B", mid="898350154110003")
    said = [*shop.take_up(AT), *shop.sell(OTHER, AT), *shop.sell(NAME, AT), *shop.sign_on(AT), *refused(shop)]
    said += [*other.take_up(AT), *other.sell({}, AT)]
    for _ in range(FEW_SALES - 2):
        said += shop.sell({}, AT)
    store.take(said, SOON)
    day = ("2026-11-26T00:00:00.000Z", "2026-11-27T00:00:00.000Z")
    told = rates(connection, "merchant", *day)
    assert [(each.value, each.name, each.jumps, each.sales, each.per_thousand, each.few) for each in told.rates] == [
        (bound.MID, bound.NAME, 2, 200, 10.0, False),
        ("898350154110003", "", 0, 1, 0.0, True),
    ]
    assert (told.whole.jumps, told.whole.sales, told.beside) == (2, 201, 1)
    for by, value in (("acquirer", bound.ACQUIRER), ("software", ""), (HOUR, "15")):
        [rate] = rates(connection, by, *day).rates
        assert (rate.value, rate.jumps, rate.sales) == (value, 2, 201), by
    assert [(each.value, each.sales) for each in rates(connection, "region", *day).rates] == [
        (bound.MID[3:7], 200),
        ("3501", 1),
    ]
    assert rates(connection, HOUR, "2026-11-27", "9999-12-31").rates == []
    with pytest.raises(OrderError):
        rates(connection, "sale", *day)


def test_a_jump_whose_sale_did_not_come_has_no_rate(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sell(OTHER, AT)[2:3], SOON)
    for by in BY:
        [rate] = rates(connection, by, "2026", "2027").rates
        assert (rate.jumps, rate.sales, rate.per_thousand, rate.few) == (1, 0, None, True)
