"""Which card applications this terminal takes, and in which order a card wants them tried."""

import binascii

from agent.card import tags, tlv
from agent.errors import CardError

UNIONPAY = "UnionPay"
VISA = "Visa"
MASTERCARD = "Mastercard"
AMEX = "American Express"
JCB = "JCB"
DISCOVER = "Discover"
MIR = "Mir"
RUPAY = "RuPay"

# AID (a card's own may be longer), scheme, name. The first five bytes are the scheme's registered identifier, RID.
_KNOWN = (
    ("A000000333010101", UNIONPAY, "UnionPay debit"),
    ("A000000333010102", UNIONPAY, "UnionPay credit"),
    ("A000000333010103", UNIONPAY, "UnionPay quasi-credit"),
    ("A000000333010106", UNIONPAY, "UnionPay electronic cash"),
    ("A0000000031010", VISA, "Visa"),
    ("A0000000041010", MASTERCARD, "Mastercard"),
    ("A00000002501", AMEX, "American Express"),
    ("A000000065", JCB, "JCB"),
    ("A0000001523010", DISCOVER, "Discover"),
    ("A0000003241010", DISCOVER, "Discover"),
    ("A0000006581010", MIR, "Mir"),
    ("A0000005241010", RUPAY, "RuPay"),
)
# Priority 1 is the first; 0, or none given, means no priority and comes last (Book 1, 12.2.3, table 13).
_LAST = 16


class Candidate:
    """An application that both sides know: `aid` as the card names it, `scheme`, `label` to show, `priority` 0..15."""

    def __init__(self, aid: bytes, scheme: str, label: str, priority: int) -> None:
        self.aid = aid
        self.scheme = scheme
        self.label = label
        self.priority = priority


def candidates(fci: "list[tlv.Tlv]") -> "list[Candidate]":
    """The applications of the answer to SELECT PPSE that this terminal takes, in the order to try them.

    Of one priority, the one that the card lists first comes first (EMV Contactless Book B, 3.3.2). An entry of an
    application that we do not take is not looked at any further.

    Raises CardError: CARD_MALFORMED for an answer that is no directory or an entry of ours with a malformed priority,
    CARD_NO_APPLICATION when none is left.
    """
    path = (tags.FCI_TEMPLATE, tags.FCI_PROPRIETARY_TEMPLATE, tags.FCI_ISSUER_DISCRETIONARY_DATA)
    directory = tlv.find(fci, *path)
    if directory is None:
        raise CardError("CARD_MALFORMED", "the answer to SELECT PPSE holds no directory (6F/A5/BF0C)")
    ranked = []
    for index, entry in enumerate(directory.children):
        candidate = _candidate(entry, index) if entry.tag == tags.DIRECTORY_ENTRY else None
        if candidate is not None:
            # The index makes the order total: sorting is not stable on MicroPython.
            ranked.append((candidate.priority or _LAST, index, candidate))
    if not ranked:
        raise CardError("CARD_NO_APPLICATION", "the card offers no application that this terminal takes")
    ranked.sort(key=lambda item: item[:2])
    return [candidate for _, _, candidate in ranked]


def _candidate(entry: "tlv.Tlv", index: int) -> "Candidate | None":
    # None for an application that is not ours, which a missing or impossible name is not either.
    name = tlv.find(entry.children, tags.ADF_NAME)
    if name is None or not 5 <= len(name.value) <= 16:
        return None
    text = binascii.hexlify(name.value).decode().upper()
    for aid, scheme, title in _KNOWN:
        if text.startswith(aid):
            label = tlv.find(entry.children, tags.APPLICATION_LABEL)
            shown = _printable(label.value) if label is not None else title
            return Candidate(name.value, scheme, shown, _priority(entry, index))
    return None


def _priority(entry: "tlv.Tlv", index: int) -> int:
    indicator = tlv.find(entry.children, tags.APPLICATION_PRIORITY_INDICATOR)
    if indicator is None:
        return 0
    if len(indicator.value) != 1:
        raise CardError("CARD_MALFORMED", "directory entry {}: the priority (87) is not one byte".format(index + 1))
    return indicator.value[0] & 0x0F


def _printable(label: bytes) -> str:
    # At most 16 characters (Book 3, annex A). What the card writes goes to displays and receipts: plain ASCII only.
    return "".join([chr(c) if 0x20 <= c < 0x7F else "?" for c in label[:16]])
