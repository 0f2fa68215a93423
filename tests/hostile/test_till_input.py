"""What a till may write by mistake or on purpose: each is refused by the name of its field, and nothing is written."""

import json
from typing import Any

import pytest

from tests.agent.adapters.test_local_api import payment
from tests.hostile.counter import Counter
from tests.leaks.cards import PANS, TRACKS
from tests.leaks.strategies import shows_no_card

AMOUNTS: list[object] = [
    "0", "0.00", "-12.50", "+12.50", "1234567890123", "12345678901.00", "12.345", "1e3", "1E3", "１２.５０", "12 .50",
    " 12.50", "12.50 ", "12\u00a050", "1,250.00", "12,50", "0x10", "1_000", "NaN", "Infinity", "", ".", "12.", ".50",
    "9" * 5000, "12.5\n0", "十二", "٣", 12.5, 12, True, None, [], {}, [["12.50"]], 10**400, 1e308, *PANS, *TRACKS,
    int(PANS[0]), f"{PANS[0][:4]} {PANS[0][4:]}",
]  # fmt: skip
CURRENCIES: list[object] = ["XYZ", "cny", "CN", "CNYY", "156", "", "ＣＮＹ", 156, None, [], PANS[0]]
MERCHANTS: list[object] = [
    PANS[0], TRACKS[0], "89835015411000", "8983501541100011", "89835015411000a", 898350154110001, [], "店",
]  # fmt: skip


def refused(counter: Counter, place: str, value: object) -> str:
    """Send a payment with `value` at `place`; what the terminal says, which is all that comes of it."""
    document = payment("NEVER")
    transaction: dict[str, Any] = document["SaleToPOIRequest"]["PaymentRequest"]["PaymentTransaction"]
    transaction["TransactionConditions" if place == "MerchantID" else "AmountsReq"][place] = value
    head = counter.head
    status, text = counter.rig.till.post(json.dumps(document))
    assert status == 200 and counter.head == head
    assert shows_no_card(text)
    said = json.loads(text)["SaleToPOIResponse"]["PaymentResponse"]["Response"]
    assert (said["Result"], said["ErrorCondition"]) == ("Failure", "MessageFormat")
    return str(said["AdditionalResponse"])


@pytest.mark.parametrize(
    ("place", "named", "values"),
    [
        ("RequestedAmount", "amount: ", AMOUNTS),
        ("Currency", "currency: ", CURRENCIES),
        ("MerchantID", "MerchantID: ", MERCHANTS),
    ],
)
def test_a_value_that_is_none_is_refused_by_name(
    counter: Counter, place: str, named: str, values: list[object]
) -> None:
    for value in values:
        assert named in refused(counter, place, value), value


def test_a_card_number_in_any_field_is_not_said_again(counter: Counter) -> None:
    for field in ("MessageClass", "MessageCategory", "MessageType", "ProtocolVersion"):
        document = payment("NEVER")
        document["SaleToPOIRequest"]["MessageHeader"][field] = PANS[0]
        document["SaleToPOIRequest"]["PaymentRequest"]["PaymentTransaction"]["AmountsReq"]["RequestedAmount"] = "0"
        assert shows_no_card(counter.rig.till.post(json.dumps(document))[1])
