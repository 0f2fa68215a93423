import pytest

from tools.acquirer.behaviours import Approve, Decline, Delay, Plan, parse
from tools.errors import BehaviourError

ACCEPTED: list[dict[str, object]] = [
    {"behaviour": "approve"},
    {"behaviour": "decline", "code": "51"},
    {"behaviour": "decline", "code": "A1", "mti": "0800", "times": "always"},
    {"behaviour": "delay", "ms": 0},
    {"behaviour": "drop", "mti": "0400"},
    {"behaviour": "drop_request", "mti": "0800"},
    {"behaviour": "cut", "when": "before_booking"},
    {"behaviour": "answer_as", "mid": "898350154110099"},
    {"behaviour": "answer_as", "acquirer": "102", "tid": "99999999", "name": "别家"},
    {"behaviour": "answer_as", "currency": "840"},
    {"behaviour": "leave_out", "elements": "64"},
    {"behaviour": "leave_out", "elements": "11,62", "mti": "0800"},
    {"behaviour": "bad_mac", "times": 3},
    {"behaviour": "bad_keys"},
    {"behaviour": "wrong_trace"},
    {"behaviour": "wrong_amount"},
    {"behaviour": "duplicate"},
    {"behaviour": "late"},
    {"behaviour": "expire_keys"},
    {"behaviour": "host_request", "request": 6, "mti": "0800"},
]


@pytest.mark.parametrize("order", ACCEPTED)
def test_every_behaviour_can_be_ordered(order: dict[str, object]) -> None:
    assert parse(order).name == order["behaviour"]


REFUSED: list[tuple[object, str]] = [
    ("approve", "object"),
    ({}, "behaviour"),
    ({"behaviour": "explode"}, "explode"),
    ({"behaviour": "approve", "code": "51"}, "code"),
    ({"behaviour": "approve", "times": 0}, "times"),
    ({"behaviour": "approve", "times": "often"}, "times"),
    ({"behaviour": "approve", "times": True}, "times"),
    ({"behaviour": "approve", "mti": "0220"}, "mti"),
    ({"behaviour": "decline"}, "code"),
    ({"behaviour": "decline", "code": "00"}, "code"),
    ({"behaviour": "decline", "code": "051"}, "code"),
    ({"behaviour": "delay"}, "ms"),
    ({"behaviour": "delay", "ms": -1}, "ms"),
    ({"behaviour": "cut", "when": "sometimes"}, "when"),
    ({"behaviour": "answer_as"}, "answer_as"),
    ({"behaviour": "answer_as", "mid": "123"}, "mid"),
    ({"behaviour": "answer_as", "tid": "123"}, "tid"),
    ({"behaviour": "answer_as", "acquirer": "ICBC"}, "acquirer"),
    ({"behaviour": "answer_as", "name": "x" * 41}, "DE 43"),
    ({"behaviour": "answer_as", "currency": "USD"}, "currency"),
    ({"behaviour": "leave_out"}, "elements"),
    ({"behaviour": "leave_out", "elements": "39,"}, "elements"),
    ({"behaviour": "bad_mac", "mti": "0800"}, "bad_mac"),
    ({"behaviour": "bad_keys", "mti": "0200"}, "bad_keys"),
    ({"behaviour": "wrong_amount", "mti": "0800"}, "wrong_amount"),
    ({"behaviour": "expire_keys", "mti": "0800"}, "expire_keys"),
    ({"behaviour": "host_request"}, "request"),
    ({"behaviour": "host_request", "request": 0}, "request"),
    ({"behaviour": "host_request", "request": 10}, "request"),
]


@pytest.mark.parametrize(("order", "named"), REFUSED)
def test_an_order_that_is_none_is_refused_by_name(order: object, named: str) -> None:
    with pytest.raises(BehaviourError, match=named):
        parse(order)


def test_counted_orders_come_first_and_in_turn_then_the_standing_one() -> None:
    plan = Plan()
    plan.order(Decline(code="05", times="always"))
    plan.order(Delay(ms=1, times=2))
    plan.order(Decline(code="51"))
    assert [order.times for order in plan.pending()] == [2, 1, "always"]
    taken = [plan.take("0200") for _ in range(5)]
    assert [behaviour.name for behaviour in taken] == ["delay", "delay", "decline", "decline", "decline"]
    assert [getattr(behaviour, "code", "") for behaviour in taken[2:]] == ["51", "05", "05"]


def test_orders_are_for_one_message_type() -> None:
    plan = Plan()
    plan.order(Decline(code="05", mti="0400", times="always"))
    assert (plan.take("0200").name, plan.take("0400").name) == ("approve", "decline")


def test_a_standing_order_is_replaced_and_everything_can_be_cleared() -> None:
    plan = Plan()
    plan.order(Decline(code="05", times="always"))
    plan.order(Approve(times="always"))
    assert plan.take("0200").name == "approve"
    plan.order(Decline(code="05"))
    plan.clear()
    assert plan.pending() == []
    assert plan.take("0200").name == "approve"
