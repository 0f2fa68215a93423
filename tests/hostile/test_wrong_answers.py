"""An acquirer that answers wrongly, though with a right MAC where it has one: nothing is taken for approved, the charge
is reversed, and the journal says what was wrong.
"""

from typing import Any

import pytest

from agent.sale import correlate, kinds, outcome
from tests.hostile.counter import Counter
from tests.leaks.cards import PANS

IGNORED = {
    correlate.UNAUTHENTICATED: [("bad_mac", {}), ("leave_out", {"elements": "64"})],
    correlate.OTHER_TRACE: [("wrong_trace", {}), ("leave_out", {"elements": "11"})],
    correlate.OTHER_AMOUNT: [("wrong_amount", {}), ("leave_out", {"elements": "4"})],
}
REVERSED: list[tuple[str, dict[str, str], str, str]] = [
    ("answer_as", {"currency": "840"}, outcome.JUMPED, outcome.MERCHANT_JUMP),
    ("answer_as", {"acquirer": "102"}, outcome.JUMPED, outcome.MERCHANT_JUMP),
    ("leave_out", {"elements": "39"}, outcome.UNPROVEN, outcome.ANSWER_CONTRADICTORY),
    ("leave_out", {"elements": "41"}, outcome.UNPROVEN, outcome.MERCHANT_UNPROVEN),
    ("leave_out", {"elements": "42"}, outcome.UNPROVEN, outcome.MERCHANT_UNPROVEN),
    ("leave_out", {"elements": "32,37,39,41,42,43,49"}, outcome.UNPROVEN, outcome.ANSWER_CONTRADICTORY),
]


def answered(counter: Counter, behaviour: str, options: dict[str, str]) -> tuple[dict[str, Any], int]:
    """The till's answer to a sale that the acquirer answers so, and where the journal stood before."""
    counter.rig.acquirer.behave(behaviour, **options)
    head = counter.head
    return counter.sell(), head


def last_state(counter: Counter) -> str:
    return str(counter.rig.acquirer.ledger()[-1]["state"])


@pytest.mark.parametrize(
    ("why", "behaviour", "options"), [(why, *each) for why, several in IGNORED.items() for each in several]
)
def test_what_does_not_answer_our_sale_is_ignored_and_the_charge_reversed(
    counter: Counter, why: str, behaviour: str, options: dict[str, str]
) -> None:
    answer, head = answered(counter, behaviour, options)
    assert answer["Response"]["ErrorCondition"] == "UnreachableHost"
    assert [entry.body["why"] for entry in counter.told(head, kinds.ANSWER_IGNORED)] == [why]
    counter.work_off(head)
    assert last_state(counter) == "reversed"


@pytest.mark.parametrize(("behaviour", "options", "result", "code"), REVERSED)
def test_what_does_not_clearly_approve_under_our_merchant_is_reversed(
    counter: Counter, behaviour: str, options: dict[str, str], result: str, code: str
) -> None:
    answer, head = answered(counter, behaviour, options)
    assert answer["Response"]["ErrorCondition"] == "Refusal"
    assert answer["Response"]["AdditionalResponse"].startswith(code)
    (finished,) = counter.told(head, kinds.SALE_FINISHED)
    assert (finished.body["result"], finished.body["code"]) == (result, code)
    counter.work_off(head)
    assert last_state(counter) == "reversed"


@pytest.mark.parametrize("elements", ["38", "43", "32,49,60"])
def test_what_may_be_absent_is_approved_without_it(counter: Counter, elements: str) -> None:
    answer, _ = answered(counter, "leave_out", {"elements": elements})
    assert answer["Response"]["Result"] == "Success"
    assert last_state(counter) == "approved"


def test_a_card_number_in_the_merchants_name_is_told_masked(counter: Counter) -> None:
    counter.planted.add("acquirer")
    answer, head = answered(counter, "answer_as", {"name": f"{PANS[0]} SHOP"})
    assert answer["Response"]["Result"] == "Success"
    (jump,) = counter.told(head, kinds.JUMP_DETECTED)
    assert jump.body["observed"] == {"name": "621234******1232 SHOP"}


@pytest.mark.parametrize(
    ("options", "code"), [({"elements": "39"}, "DE 39"), ({"elements": "62"}, "KEYS"), ({"elements": "11"}, "time")]
)
def test_a_sign_on_that_lacks_what_counts_is_no_sign_on(counter: Counter, options: dict[str, str], code: str) -> None:
    counter.rig.acquirer.behave("expire_keys")
    counter.rig.acquirer.behave("leave_out", mti="0800", **options)
    head = counter.head
    assert counter.sell()["Response"]["ErrorCondition"] == "UnreachableHost"
    (failed,) = counter.told(head, kinds.SIGN_ON_FAILED)
    assert code in f"{failed.body['code']} {failed.body['detail']}"
