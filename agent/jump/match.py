"""The match: every field of an answer that names who booked the payment, held against the binding.

Each field is `same`, `different` or `absent`; absent is never a match, and never a jump. A jump behind the acquirer's
front end echoes our own fields: no answer shows it, only a settlement statement does.
"""

from agent import messages
from agent.binding.record import Binding
from agent.card.pan import masked_text
from agent.messages import Message

SAME = "same"
DIFFERENT = "different"
ABSENT = "absent"

ACQUIRER = "acquirer"
MID = "mid"
TID = "tid"
NAME = "name"
CURRENCY = "currency"

# Field, data element, and whether a difference books the money elsewhere: then the sale is reversed, else told.
_FIELDS = (
    (ACQUIRER, messages.ACQUIRER, True),
    (MID, messages.MID, True),
    (TID, messages.TID, True),
    (CURRENCY, messages.CURRENCY, True),
    (NAME, messages.MERCHANT_NAME, False),
)


class Match:
    """The result: `expected` and `observed` values and the `result` by field, the observed ones only where present."""

    def __init__(
        self, expected: "dict[str, str]", observed: "dict[str, str]", result: "dict[str, str]", reverses: bool
    ) -> None:
        self.expected = expected
        self.observed = observed
        self.result = result
        self.reverses = reverses

    @property
    def different(self) -> "list[str]":
        """The fields that jumped, in the fixed order of the match."""
        return [field for field, _, _ in _FIELDS if self.result[field] == DIFFERENT]

    @property
    def jumped(self) -> bool:
        """Whether any field differs from the binding."""
        return bool(self.different)


def match(binding: Binding, answer: Message) -> Match:
    """Hold `answer` against `binding`, field by field. Padding spaces at the end of a value mean nothing (ISO 8583)."""
    expected = {
        ACQUIRER: binding.acquirer,
        MID: binding.mid,
        TID: binding.tid,
        CURRENCY: binding.currency,
        NAME: binding.name,
    }
    observed = {}
    result = {}
    reverses = False
    for field, number, moves_money in _FIELDS:
        value = answer.text(number).rstrip(" ")
        if value == "":
            result[field] = ABSENT
            continue
        # A name is free text: a host that is out of step may put anything there, and it is written down.
        observed[field] = masked_text(value) if field == NAME else value
        result[field] = SAME if value == expected[field] else DIFFERENT
        reverses = reverses or (moves_money and value != expected[field])
    return Match(expected, observed, result, reverses)
