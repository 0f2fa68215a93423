"""DE 55 of a sale: what the card signed and what it was told, for the issuer to check."""

from agent.card import aids, tags, tlv
from agent.errors import CardError

# Types of cryptogram, b8-b7 of tag 9F27 (EMV Book 3, 6.5.5.4, table 15)
AAC = 0  # declined offline
TC = 1  # approved offline
ARQC = 2  # to be authorised online

_CARD = "card"
_TERMINAL = "terminal"

# Tag, who says it, shortest and longest in bytes (Book 3, annex A); in the order of published UnionPay sales.
# A value that the terminal said is never taken from the card, which might say another amount.
_LAYOUT = (
    (tags.APPLICATION_CRYPTOGRAM, _CARD, 8, 8),
    (tags.CRYPTOGRAM_INFORMATION_DATA, _CARD, 1, 1),
    (tags.ISSUER_APPLICATION_DATA, _CARD, 1, 32),
    (tags.UNPREDICTABLE_NUMBER, _TERMINAL, 4, 4),
    (tags.APPLICATION_TRANSACTION_COUNTER, _CARD, 2, 2),
    (tags.TERMINAL_VERIFICATION_RESULTS, _TERMINAL, 5, 5),
    (tags.TRANSACTION_DATE, _TERMINAL, 3, 3),
    (tags.TRANSACTION_TYPE, _TERMINAL, 1, 1),
    (tags.AMOUNT_AUTHORISED, _TERMINAL, 6, 6),
    (tags.TRANSACTION_CURRENCY_CODE, _TERMINAL, 2, 2),
    (tags.APPLICATION_INTERCHANGE_PROFILE, _CARD, 2, 2),
    (tags.TERMINAL_COUNTRY_CODE, _TERMINAL, 2, 2),
    (tags.AMOUNT_OTHER, _TERMINAL, 6, 6),
    (tags.TERMINAL_CAPABILITIES, _TERMINAL, 3, 3),
    (tags.TERMINAL_TYPE, _TERMINAL, 1, 1),
    (tags.INTERFACE_DEVICE_SERIAL_NUMBER, _TERMINAL, 8, 8),
    (tags.DF_NAME, _CARD, 5, 16),
    (tags.APPLICATION_VERSION_NUMBER, _TERMINAL, 2, 2),
    (tags.TRANSACTION_SEQUENCE_COUNTER, _TERMINAL, 2, 4),
)


def build(card: "dict[int, bytes]", terminal: "dict[int, bytes]") -> bytes:
    """DE 55 from the values that the card and the terminal gave, by tag.

    Raises CardError CARD_MALFORMED, naming tag and side, for a value that is missing or of a wrong length.
    """
    parts = []
    for tag, side, shortest, longest in _LAYOUT:
        value = (card if side == _CARD else terminal).get(tag)
        if value is None:
            raise CardError("CARD_MALFORMED", "the {} gave no tag {:02X}".format(side, tag))
        if not shortest <= len(value) <= longest:
            allowed = "{} to {}".format(shortest, longest) if shortest != longest else str(shortest)
            problem = "tag {:02X} of the {} has {} bytes, not {}".format(tag, side, len(value), allowed)
            raise CardError("CARD_MALFORMED", problem)
        parts.append(tlv.encode(tag, value))
    return b"".join(parts)


def cryptogram_information(card: "dict[int, bytes]", scheme: str) -> bytes:
    """The value of tag 9F27; derived where a UnionPay or Visa card leaves it out of its contactless answer.

    The issuer application data (9F10) of both holds the card verification results, whose second byte says in b6-b5
    which cryptogram came back: 00 AAC, 01 TC, 10 ARQC. That byte is the fifth of 9F10 in every layout in use:

        length, key index, cryptogram version, CVR 03 xx .. ..       UnionPay 07010103A0..., Visa formats 0, 1 and 3
        length 1F, cryptogram version, key index, CVR .. xx .. .. ..  Visa formats 2 and 4

    (Visa Contactless Payment Specification 2.2, appendix M; JR/T 0025.5, where the layout is the same.)

    Raises CardError CARD_MALFORMED when 9F27 is missing and cannot be derived.
    """
    given = card.get(tags.CRYPTOGRAM_INFORMATION_DATA)
    if given is not None:
        if len(given) != 1:
            raise CardError("CARD_MALFORMED", "tag 9F27 of the card has {} bytes, not 1".format(len(given)))
        return given
    issuer = card.get(tags.ISSUER_APPLICATION_DATA, b"")
    if scheme not in (aids.UNIONPAY, aids.VISA) or not _holds_results(issuer):
        raise CardError("CARD_MALFORMED", "the card gave no tag 9F27, and its tag 9F10 does not tell it either")
    return bytes([(issuer[4] & 0x30) << 2])


def _holds_results(issuer: bytes) -> bool:
    if not issuer or issuer[0] >= len(issuer):
        return False
    return issuer[0] == 0x1F or (issuer[0] in (6, 7) and issuer[3] == 3)
