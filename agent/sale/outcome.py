"""What became of a sale, as its journal entries tell it. The till hears the same before and after a restart."""

from agent.journal.entry import Entry
from agent.sale import kinds

APPROVED = "approved"
DECLINED = "declined"
JUMPED = "jumped"  # booked under another merchant; reversed
UNPROVEN = "unproven"  # the answer neither clearly approves nor clearly declines under our merchant; reversed
UNKNOWN = "unknown"  # no answer; reversed
REFUSED = "refused"  # by the gate, or by the counter's policy; nothing was sent
FAILED = "failed"  # card, reader or acquirer; nothing was sent
RUNNING = "running"

# Why a sale failed before anything was sent, beside the codes of CardError.
ACQUIRER_UNREACHABLE = "ACQUIRER_UNREACHABLE"
SIGN_ON_REFUSED = "SIGN_ON_REFUSED"
SIGN_ON_OTHER_MERCHANT = "SIGN_ON_OTHER_MERCHANT"
READER_UNAVAILABLE = "READER_UNAVAILABLE"
CANCELLED = "CANCELLED"
CARD_TIMEOUT = "CARD_TIMEOUT"
# Those that end a sale although the gate allows it, in the order in which they can come up, before a card was read.
BEFORE_CARD = (
    ACQUIRER_UNREACHABLE,
    SIGN_ON_REFUSED,
    SIGN_ON_OTHER_MERCHANT,
    READER_UNAVAILABLE,
    CANCELLED,
    CARD_TIMEOUT,
)
NO_ANSWER = "NO_ANSWER"
MERCHANT_JUMP = "MERCHANT_JUMP"
MERCHANT_UNPROVEN = "MERCHANT_UNPROVEN"
ANSWER_CONTRADICTORY = "ANSWER_CONTRADICTORY"
# A warning, or by the counter's policy a refusal.
SAME_CARD_AND_AMOUNT = "SAME_CARD_AND_AMOUNT"
# Reversals: of how many nobody knows whether they took place, and that one is to be sent again.
REVERSALS_UNRESOLVED = "REVERSALS_UNRESOLVED"
REVERSAL_QUEUED = "REVERSAL_QUEUED"

# What became of the reversal, where there is one: `details["reversal"]`, with `reversal_time` (UTC) and `reversal_why`.
REVERSAL_DUE = "due"
REVERSED = "settled"
UNRESOLVED = "unresolved"
CLEARED = "cleared"  # by hand: the acquirer's statement shows what became of the charge
_REVERSALS = {
    kinds.REVERSAL_QUEUED: REVERSAL_DUE,
    kinds.REVERSAL_SETTLED: REVERSED,
    kinds.REVERSAL_UNRESOLVED: UNRESOLVED,
    kinds.REVERSAL_CLEARED: CLEARED,
}

# One of these ends each sale; its body has `result` and `code`.
CLOSING = (kinds.GATE_REFUSED, kinds.SALE_FAILED, kinds.SALE_FINISHED)


class Outcome:
    """`result` is one of this module's constants, `code` says why (a reason code, or DE 39 of a decline).

    `details` holds what the till and the receipt need: the bodies of the authorising and the answered entry, merged.
    """

    def __init__(self, sale: str, result: str, code: str, warnings: "list[str]", details: "dict[str, object]") -> None:
        self.sale = sale
        self.result = result
        self.code = code
        self.warnings = warnings
        self.details = details


def outcome_of(entries: "list[Entry]") -> Outcome:
    """Return what `entries`, all those of one sale in order, say of it. There must be at least one."""
    details: "dict[str, object]" = {}
    result, code, warnings = RUNNING, "", []
    for entry in entries:
        if entry.kind in (kinds.SALE_AUTHORISING, kinds.SALE_ANSWERED, kinds.GATE_REFUSED, kinds.SALE_FAILED):
            details.update(entry.body)
        if entry.kind in CLOSING:
            result, code = str(entry.body["result"]), str(entry.body["code"])
        found = entry.body.get("warnings")
        if isinstance(found, list):
            warnings = [str(warning) for warning in found]
        if entry.kind in _REVERSALS:
            details["reversal"] = _REVERSALS[entry.kind]
            details["reversal_time"] = str(entry.fields["time"])
            details["reversal_why"] = str(entry.body.get("why", ""))
    return Outcome(str(details.get("sale", "")), result, code, warnings, details)
