"""Messages between terminal and acquirer, as the core thinks of them: a message type and data elements by number.

ISO 8583:1987 in the layout that UnionPay POS terminals use. How they look on the wire is the adapter's business.
"""

from agent.errors import MessageError

# Message types (ISO 8583:1987, 4.1)
SALE = "0200"
SALE_ANSWER = "0210"
REVERSAL = "0400"
REVERSAL_ANSWER = "0410"
SIGN_ON = "0800"
SIGN_ON_ANSWER = "0810"

# Data elements (ISO 8583:1987, 4.3)
PAN = 2
PROCESSING_CODE = 3
AMOUNT = 4
TRACE = 11
LOCAL_TIME = 12
LOCAL_DATE = 13
ENTRY_MODE = 22
CARD_SEQUENCE = 23
CONDITION_CODE = 25
ACQUIRER = 32
TRACK2 = 35
REFERENCE = 37
APPROVAL_CODE = 38
RESPONSE_CODE = 39
TID = 41
MID = 42
MERCHANT_NAME = 43
ADDITIONAL_RESPONSE = 44
CURRENCY = 49
ICC_DATA = 55
PRIVATE_60 = 60
ORIGINAL = 61
PRIVATE_62 = 62
PRIVATE_63 = 63
MAC = 64

# What may be shown of a message: but for the MID it has no room for a card number, whoever wrote it. Everything else
# prints as its length.
_SHOWN = (3, 4, 11, 12, 13, 15, 22, 25, 32, 37, 38, 39, 41, 42, 49)


class Message:
    """A message type indicator and its data elements: digits and text as `str`, DE 52, 55, 62 and 64 as `bytes`.

    `authenticated` is True only on a received message whose MAC (DE 64) was checked and is right.
    """

    def __init__(self, mti: str, fields: "dict[int, str | bytes]", authenticated: bool = False) -> None:
        self.mti = mti
        self.fields = fields
        self.authenticated = authenticated

    def text(self, number: int) -> str:
        """The data element `number` as text, "" when it is absent. Raises MessageError when it is binary."""
        value = self.fields.get(number, "")
        if isinstance(value, str):
            return value
        raise MessageError("DE {} of {} is binary, text was asked for".format(number, self.mti))

    def __repr__(self) -> str:
        shown = []
        for number in sorted(self.fields):
            value = self.fields[number]
            if number in _SHOWN:
                shown.append("{}={!r}".format(number, value))
            else:
                shown.append("{}=<{} long>".format(number, len(value)))
        return "<Message {} {}>".format(self.mti, " ".join(shown))
