"""The messages that a sale and its reversal send."""

from agent import messages
from agent.binding.record import Binding
from agent.card.flow import CardRead
from agent.messages import Message

_PROCESSING_SALE = "000000"
_CONTACTLESS_NO_PIN = "072"
_NORMAL = "00"
_TYPE_SALE = "22"
_NETWORK = "000"

# Reasons for a reversal (DE 39 of the 0400).
NO_ANSWER = "98"
MERCHANT_MISMATCH = "06"


def sale_request(binding: Binding, amount: int, trace: str, batch: str, card: CardRead) -> Message:
    """The 0200 for `amount` minor units. It holds card data: it is sent, and never stored or shown."""
    fields: "dict[int, str | bytes]" = {
        messages.PROCESSING_CODE: _PROCESSING_SALE,
        messages.AMOUNT: "{:012d}".format(amount),
        messages.TRACE: trace,
        messages.ENTRY_MODE: _CONTACTLESS_NO_PIN,
        messages.CONDITION_CODE: _NORMAL,
        messages.TRACK2: card.track2.reveal(),
        messages.TID: binding.tid,
        messages.MID: binding.mid,
        messages.CURRENCY: binding.currency,
        messages.ICC_DATA: card.icc_data,
        messages.PRIVATE_60: _TYPE_SALE + batch + _NETWORK,
    }
    if card.sequence:
        fields[messages.CARD_SEQUENCE] = card.sequence
    return Message(messages.SALE, fields)


def reversal_request(original: "dict[str, object]", reason: str) -> Message:
    """The 0400 for the sale whose authorising entry has the body `original`. It names the sale, never the card."""
    trace, batch = str(original["trace"]), str(original["batch"])
    local_date = str(original["local_time"])[4:8]
    return Message(
        messages.REVERSAL,
        {
            messages.PROCESSING_CODE: _PROCESSING_SALE,
            messages.AMOUNT: "{:012d}".format(int(str(original["amount"]))),
            messages.TRACE: trace,
            messages.ENTRY_MODE: _CONTACTLESS_NO_PIN,
            messages.CONDITION_CODE: _NORMAL,
            messages.RESPONSE_CODE: reason,
            messages.TID: str(original["tid"]),
            messages.MID: str(original["mid"]),
            messages.CURRENCY: str(original["currency"]),
            messages.PRIVATE_60: _TYPE_SALE + batch + _NETWORK,
            messages.ORIGINAL: batch + trace + local_date,
        },
    )
