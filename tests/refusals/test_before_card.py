"""What ends a sale before the card although the gate allows it, at a counter of real processes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from agent.sale import outcome
from tests.refusals import states
from tests.refusals.counter import Cause, Counter, Sale, assert_ended_before_the_card, assert_sold
from tools.rig.files import OTHER_MID

# The discard service (RFC 863): nobody listens there.
NOBODY = 9


def without_a_card(counter: Counter) -> Sale:
    return counter.sell(card="")


def called_off(counter: Counter, call_off: Callable[[], object]) -> Sale:
    """A sale that is called off while it waits for its card."""
    till = counter.rig.till

    def pay(name: str) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as other_thread:
            answer = other_thread.submit(till.pay, name, "1.00")
            counter.rig.wait_until(lambda: till.diagnosis()["POIStatus"]["GlobalStatus"] == "Busy", "the payment")
            call_off()
            return answer.result(30)

    return counter.watched(pay)


def called_off_by_the_till(counter: Counter) -> Sale:
    return called_off(counter, counter.rig.till.abort)


def called_off_by_the_button(counter: Counter) -> Sale:
    return called_off(counter, lambda: counter.rig.board.press("cancel"))


@dataclass(frozen=True)
class Row:
    """A code, the nexo condition that goes with it, what causes it, and how the sale is asked for."""

    code: str
    condition: str
    cause: Cause
    sell: Callable[[Counter], Sale] = Counter.sell


ROWS = (
    Row(outcome.ACQUIRER_UNREACHABLE, "UnreachableHost", states.settings(acquirer={"port": NOBODY})),
    Row(outcome.ACQUIRER_UNREACHABLE, "UnreachableHost", states.sign_on_met_by("cut", when="before_booking")),
    Row(outcome.SIGN_ON_REFUSED, "UnreachableHost", states.sign_on_met_by("decline", code="97")),
    Row(outcome.SIGN_ON_REFUSED, "UnreachableHost", states.sign_on_met_by("bad_keys")),
    Row(outcome.SIGN_ON_OTHER_MERCHANT, "NotAllowed", states.sign_on_met_by("answer_as", mid=OTHER_MID)),
    Row(outcome.SIGN_ON_OTHER_MERCHANT, "NotAllowed", states.sign_on_met_by("answer_as", tid="99999999")),
    Row(outcome.READER_UNAVAILABLE, "UnavailableDevice", states.reader_with("hung")),
    Row(outcome.CANCELLED, "Cancel", states.nothing_wrong, called_off_by_the_till),
    Row(outcome.CANCELLED, "Cancel", states.nothing_wrong, called_off_by_the_button),
    Row(outcome.CARD_TIMEOUT, "Cancel", states.settings(reader={"card_timeout_ms": 200}), without_a_card),
)


def test_every_code_has_a_row_and_no_other_has_one() -> None:
    assert tuple(dict.fromkeys(row.code for row in ROWS)) == outcome.BEFORE_CARD


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_the_sale_ends_before_the_card_and_the_next_one_is_sold_without_its_cause(counter: Counter, row: Row) -> None:
    with row.cause(counter):
        assert_ended_before_the_card(row.sell(counter), row.code, row.condition, "sale.failed")
    assert_sold(counter.sell())
