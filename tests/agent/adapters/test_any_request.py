"""Whatever JSON a till sends: a request that is understood, or a RequestError that names the field and no card data."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.adapters import nexo
from agent.errors import RequestError
from tests.leaks.cards import PANS
from tests.leaks.strategies import CARD_TEXTS, JSON, shows_no_card

FIELDS = st.sampled_from(
    ["SaleToPOIRequest", "MessageHeader", "MessageCategory", "MessageType", "ServiceID", "PaymentRequest", "AmountsReq"]
)


def payment(category: str = "Payment") -> dict[str, Any]:
    header = {"MessageClass": "Service", "MessageCategory": category, "MessageType": "Request"}
    header |= {"ServiceID": "S-1", "SaleID": "TILL-1", "POIID": "JUMPGUARD"}
    amounts = {"Currency": "CNY", "RequestedAmount": "12.50"}
    transaction = {"AmountsReq": amounts, "TransactionConditions": {"MerchantID": "898350154110001"}}
    reference = {"MessageReference": {"SaleID": "TILL-1", "ServiceID": "S-0"}}
    request = {"MessageHeader": header, "PaymentRequest": {"PaymentTransaction": transaction, **reference}}
    return {"SaleToPOIRequest": request}


def spoiled(document: Any, draw: Any) -> Any:
    """`document` with some of what it holds replaced by anything, or taken away."""
    if not isinstance(document, dict):
        return document
    result = {}
    for name, value in document.items():
        fate = draw(st.sampled_from(["keep"] * 8 + ["replace", "drop"]))
        if fate != "drop":
            result[name] = draw(JSON | CARD_TEXTS) if fate == "replace" else spoiled(value, draw)
    return result


REQUESTS = st.composite(lambda draw: spoiled(payment(), draw))()


@given(JSON | st.dictionaries(FIELDS, JSON, max_size=3) | REQUESTS)
@example(payment(PANS[0]))
@settings(max_examples=300)
def test_any_request_is_understood_or_named_without_card_data(document: object) -> None:
    try:
        header, body = nexo.read_request(document)
        reference = nexo.named_sale(header, body)
        sale = nexo.payment_request(header, body)
    except RequestError as error:
        assert shows_no_card(error) and len(str(error)) < 200
        return
    assert sale.till == header.till and sale.amount > 0 and sale.currency == "156"
    assert reference == "" or "/" in reference
    json.dumps(nexo.response(header, nexo.success())).encode("ascii")


def test_the_request_that_is_spoiled_is_one() -> None:
    header, body = nexo.read_request(payment())
    sale = nexo.payment_request(header, body)
    assert (sale.till, sale.amount, sale.merchant) == ("TILL-1/S-1", 1250, "898350154110001")
    assert nexo.named_sale(header, body) == "TILL-1/S-0"


@pytest.mark.parametrize("merchant", ["6212345678901232", "89835015411000a", "89835015411000", "OTHER", "收银台"])
def test_a_merchant_number_that_is_none_is_not_taken_any_further(merchant: str) -> None:
    """What the gate refuses is written down and reported: it has to be a merchant number."""
    document = payment()
    conditions = document["SaleToPOIRequest"]["PaymentRequest"]["PaymentTransaction"]["TransactionConditions"]
    conditions["MerchantID"] = merchant
    header, body = nexo.read_request(document)
    with pytest.raises(RequestError, match="MerchantID") as refused:
        nexo.payment_request(header, body)
    assert merchant not in str(refused.value)
