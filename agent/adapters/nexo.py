"""nexo Sale-to-POI messages in JSON: what a till says and hears, translated to and from the core's words.

nexo Retailer "Sale to POI Protocol" 3.1; the names are the standard's. Nothing here decides anything.
"""

from typing import Any

from agent.binding.identifiers import is_mid
from agent.errors import AmountError, RequestError, quoted
from agent.redact import leak_in
from agent.sale import outcome
from agent.sale.counter import SaleRequest
from agent.sale.money import CURRENCIES, major_units, minor_units, numeric_currency
from agent.sale.outcome import Outcome

PROTOCOL = "3.0"
PAYMENT = "Payment"
TRANSACTION_STATUS = "TransactionStatus"
ABORT = "Abort"
DIAGNOSIS = "Diagnosis"
LOGIN = "Login"
REVERSAL = "Reversal"
BATCH = "Batch"
CATEGORIES = (LOGIN, PAYMENT, TRANSACTION_STATUS, ABORT, DIAGNOSIS, REVERSAL, BATCH)

_LONGEST_ID = 36
_CURRENCY_NAMES = {number: name for name, number in CURRENCIES.items()}

# What became of a sale -> nexo ErrorCondition; a code that is named has precedence over the result.
_CONDITIONS = {
    outcome.DECLINED: "Refusal",
    outcome.JUMPED: "Refusal",
    outcome.UNPROVEN: "Refusal",
    outcome.UNKNOWN: "UnreachableHost",
    outcome.REFUSED: "NotAllowed",
    outcome.FAILED: "InvalidCard",
    outcome.RUNNING: "InProgress",
    outcome.CANCELLED: "Cancel",
    outcome.CARD_TIMEOUT: "Cancel",
    outcome.ACQUIRER_UNREACHABLE: "UnreachableHost",
    outcome.SIGN_ON_REFUSED: "UnreachableHost",
    outcome.SIGN_ON_OTHER_MERCHANT: "NotAllowed",
    outcome.READER_UNAVAILABLE: "UnavailableDevice",
}


class Header:
    """The message header of a request."""

    def __init__(self, category: str, sale_id: str, service_id: str, poi_id: str) -> None:
        self.category = category
        self.sale_id = sale_id
        self.service_id = service_id
        self.poi_id = poi_id

    @property
    def till(self) -> str:
        """The till's own name of the transaction: unique by (SaleID, ServiceID)."""
        return _till(self.sale_id, self.service_id)


def read_request(document: object) -> tuple[Header, dict[str, Any]]:
    """Return header and body of a request. Raises RequestError naming the field that is missing or wrong."""
    request = _object(document, "SaleToPOIRequest")
    fields = _object(request, "MessageHeader")
    if fields.get("MessageClass") != "Service" or fields.get("MessageType") != "Request":
        raise RequestError("MessageHeader: MessageClass must be Service and MessageType Request")
    category = _identifier(fields, "MessageCategory")
    if category not in CATEGORIES:
        raise RequestError(f"MessageHeader.MessageCategory: {quoted(category)} is not one of {', '.join(CATEGORIES)}")
    header = Header(
        category, _identifier(fields, "SaleID"), _identifier(fields, "ServiceID"), _identifier(fields, "POIID")
    )
    body = request.get(f"{category}Request", {})
    if not isinstance(body, dict):
        raise RequestError(f"{category}Request: not an object")
    return header, body


def payment_request(header: Header, body: dict[str, Any]) -> SaleRequest:
    """The sale that a PaymentRequest asks for. Raises RequestError; the amount is in major units of the currency."""
    transaction = _object(body, "PaymentTransaction")
    amounts = _object(transaction, "AmountsReq")
    requested = amounts.get("RequestedAmount")
    try:
        amount = minor_units(requested)
        currency = numeric_currency(amounts.get("Currency"))
    except AmountError as error:
        raise RequestError(f"PaymentTransaction.AmountsReq: {error}") from error
    conditions = transaction.get("TransactionConditions", {})
    if not isinstance(conditions, dict):
        raise RequestError("PaymentTransaction.TransactionConditions: not an object")
    merchant = conditions.get("MerchantID", "")
    # What the gate refuses is journaled and reported, so that nothing but a merchant number gets there.
    if merchant != "" and not (isinstance(merchant, str) and is_mid(merchant)):
        raise RequestError("TransactionConditions.MerchantID: not 15 capitals and digits (DE 42), nor empty")
    return SaleRequest(header.till, amount, currency, merchant)


def named_sale(header: Header, body: dict[str, Any]) -> str:
    """Which sale a status or an abort names, as `Header.till`; "" where it names none. Raises RequestError."""
    if "MessageReference" not in body:
        return ""
    reference = _object(body, "MessageReference")
    sale_id = _identifier(reference, "SaleID") if "SaleID" in reference else header.sale_id
    return _till(sale_id, _identifier(reference, "ServiceID"))


def reversed_sale(body: dict[str, Any]) -> tuple[str, int]:
    """Which sale a ReversalRequest names by its POITransactionID, and the amount in minor units, 0 for the whole.

    Raises RequestError.
    """
    transaction = _object(_object(body, "OriginalPOITransaction"), "POITransactionID")
    sale = _identifier(transaction, "TransactionID")
    if "ReversedAmount" not in body:
        return sale, 0
    try:
        return sale, minor_units(body["ReversedAmount"])
    except AmountError as error:
        raise RequestError(f"ReversedAmount: {error}") from error


def response(header: Header, body: dict[str, Any]) -> dict[str, Any]:
    """The whole response message around `body`."""
    return {
        "SaleToPOIResponse": {
            "MessageHeader": {
                "ProtocolVersion": PROTOCOL,
                "MessageClass": "Service",
                "MessageCategory": header.category,
                "MessageType": "Response",
                "ServiceID": header.service_id,
                "SaleID": header.sale_id,
                "POIID": header.poi_id,
            },
            f"{header.category}Response": body,
        }
    }


def failure(condition: str, detail: str) -> dict[str, Any]:
    """A response body that says no: `condition` is a nexo ErrorCondition, `detail` names thing, value and remedy."""
    return {"Response": {"Result": "Failure", "ErrorCondition": condition, "AdditionalResponse": detail}}


def success() -> dict[str, Any]:
    """A response body that says yes."""
    return {"Response": {"Result": "Success"}}


def payment_response(result: Outcome) -> dict[str, Any]:
    """The PaymentResponse for what became of a sale."""
    details = result.details
    if result.result == outcome.APPROVED:
        said = {"Result": "Success", "AdditionalResponse": _additional(result)}
    else:
        condition = _CONDITIONS.get(result.code) or _CONDITIONS[result.result]
        said = {"Result": "Failure", "ErrorCondition": condition, "AdditionalResponse": _additional(result)}
    body: dict[str, Any] = {"Response": said, "POIData": {"POITransactionID": {"TransactionID": result.sale}}}
    if "trace" in details:
        body["PaymentResult"] = _payment_result(result)
        body["PaymentReceipt"] = [_sale_receipt(result)]
    return body


def reversal_response(result: Outcome) -> dict[str, Any]:
    """The ReversalResponse for a sale whose reversal is queued: it is on disk and will be sent, and has not been yet.

    What becomes of it is told by the status of the payment, and by the Batch message while it is unresolved.
    """
    named = {"POITransactionID": {"TransactionID": result.sale}}
    return {
        "Response": {"Result": "Success", "AdditionalResponse": outcome.REVERSAL_QUEUED},
        "OriginalPOITransaction": named,
        "PaymentReceipt": [_sale_receipt(result)],
    }


def batch_response(unresolved: list[Outcome]) -> dict[str, Any]:
    """The BatchResponse that lists the `unresolved` reversals.

    Batch is nexo's message for what was performed without the till, and the terminal reverses without being told.
    GetTotals only counts and sums, and a TransactionStatus is about one transaction that the till has to name. Each
    PerformedTransaction is such a reversal that failed: `ReversedAmount` is what was to be reversed, its
    AdditionalResponse says why it was given up and its TimeStamp when. The PaymentReceipt is ours: as in a
    PaymentResponse it names the sale as the paper does.
    """
    return {**success(), "PerformedTransaction": [_unresolved(result) for result in unresolved]}


def _unresolved(result: Outcome) -> dict[str, Any]:
    details = result.details
    transaction = {"TransactionID": result.sale, "TimeStamp": details["reversal_time"]}
    return {
        **failure("UnreachableHost", str(details["reversal_why"])),
        "POIData": {"POITransactionID": transaction},
        "PaymentResult": _payment_result(result),
        "ReversedAmount": major_units(int(str(details["amount"]))),
        "PaymentReceipt": [_sale_receipt(result)],
    }


def _sale_receipt(result: Outcome) -> dict[str, Any]:
    return {"DocumentQualifier": "SaleReceipt", "OutputContent": receipt(result)}


def receipt(result: Outcome) -> dict[str, str]:
    """What a receipt shows, by name; a till or a printer lays it out in its own language."""
    details = result.details
    names = ("merchant", "mid", "tid", "acquirer", "card", "scheme", "trace", "batch", "local_time", "reference")
    shown = {name: str(details.get(name, "")) for name in (*names, "approval_code")}
    shown["amount"] = major_units(int(str(details["amount"])))
    shown["currency"] = _CURRENCY_NAMES[str(details["currency"])]
    shown["result"] = result.result
    if result.warnings:
        shown["warnings"] = " ".join(result.warnings)
    if "reversal" in details:
        shown["reversal"] = str(details["reversal"])
    return shown


def _payment_result(result: Outcome) -> dict[str, Any]:
    details = result.details
    approved = result.result == outcome.APPROVED
    amount = major_units(int(str(details["amount"]))) if approved else "0.00"
    return {
        "PaymentType": "Normal",
        "AmountsResp": {"Currency": _CURRENCY_NAMES[str(details["currency"])], "AuthorizedAmount": amount},
        "OnlineFlag": True,
        "PaymentAcquirerData": {
            "AcquirerID": details["acquirer"],
            "MerchantID": details["mid"],
            "AcquirerPOIID": details["tid"],
            "ApprovalCode": details.get("approval_code", ""),
            "AcquirerTransactionID": {"TransactionID": details.get("reference", "")},
        },
        "PaymentInstrumentData": {
            "PaymentInstrumentType": "Card",
            "CardData": {
                "MaskedPan": details["card"],
                "PaymentBrand": details["scheme"],
                "EntryMode": ["Contactless"],
            },
        },
    }


def _additional(result: Outcome) -> str:
    return " ".join([result.code, *result.warnings]).strip()


def _till(sale_id: str, service_id: str) -> str:
    # A slash within the first is escaped: two pairs never share one name.
    return "{}/{}".format(sale_id.replace("%", "%25").replace("/", "%2F"), service_id)


def _object(holder: object, name: str) -> dict[str, Any]:
    value = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(value, dict):
        raise RequestError(f"{name}: missing, or not an object")
    return value


def _identifier(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= _LONGEST_ID
        or not value.isascii()
        or not value.isprintable()
    ):
        raise RequestError(f"{name}: missing, or not 1 to {_LONGEST_ID} printable ASCII characters")
    if leak_in(value.encode()) is not None:
        # It would be journaled and reported; masked it would not name the sale any more.
        raise RequestError(f"{name}: looks like a card number; name it otherwise")
    return value
