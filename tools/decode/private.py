"""The private data elements of this flavour: DE 60, 61, 62 and what stands in DE 64 (UnionPay POS message domains)."""

from __future__ import annotations

from provisioning.texts import _, mark
from tools.decode import codes
from tools.decode.parts import Part
from tools.decode.split import Split

_SIGN_ON_ANSWER = "0810"

# Digits of DE 60, by position. What follows 60.3 differs between acquirers.
_DE_60 = (("60.1", mark("Transaction type"), 2), ("60.2", mark("Batch"), 6), ("60.3", mark("Network management"), 3))
_DE_60_REST = (
    ("60.4", mark("Terminal's reading ability"), 1),
    ("60.5", mark("Condition of a chip card"), 1),
    ("60.6", mark("Partial amounts and balance"), 1),
)
_DE_61 = (
    ("61.1", mark("Batch of the original"), 6),
    ("61.2", mark("Trace of the original"), 6),
    ("61.3", mark("Date of the original (MMDD)"), 4),
)
_READING = {
    "0": mark("not specified"),
    "2": mark("magnetic stripe"),
    "5": mark("stripe and contact chip"),
    "6": mark("contactless chip as well"),
}
# Bytes of DE 62 in a sign-on's answer: how long each key is, and how many keys (60.3 = 001, 003, 004).
_KEY_LAYOUTS = {24: (8, 2), 40: (16, 2), 60: (16, 3)}
_KEY_NAMES = (mark("PIN key (PIK)"), mark("MAC key (MAK)"), mark("Track key (TDK)"))
_CHECK_BYTES = 4


def explained_digits(number: int, shown: str, message: Split, at: int) -> tuple[str, list[Part]]:
    """DE 60 or 61 taken apart; `shown` are its digits, `at` the offset of the first."""
    layout = (*_DE_60, *_DE_60_REST) if number == 60 else _DE_61
    parts, place = [], 0
    for key, name, size in layout:
        piece = shown[place : place + size]
        if len(piece) == size:
            parts.append(Part(key, _(name), piece, piece, _meaning_of(key, piece, message), at + place // 2))
            place += size
    if place < len(shown):
        rest = shown[place:]
        parts.append(Part(f"{number}.x", _("Further digits"), rest, rest, "", at + place // 2))
    return "", parts


def explained_62(shown: str, message: Split, at: int) -> tuple[str, list[Part]]:
    """DE 62: the working keys of a sign-on as blocks; `shown` is its hexadecimal. Nothing is decrypted."""
    layout = _KEY_LAYOUTS.get(len(shown) // 2)
    if message.mti_text != _SIGN_ON_ANSWER or layout is None:
        readable = _as_text(shown)
        return (_("as text: {text}").format(text=readable) if readable else ""), []
    size, count = layout
    parts, place = [], 0
    for index in range(count):
        key = shown[2 * place : 2 * (place + size)]
        check = shown[2 * (place + size) : 2 * (place + size + _CHECK_BYTES)]
        text = _("encrypted under the terminal master key (TMK); {bits} bits").format(bits=8 * size)
        parts.append(Part(f"62.{2 * index + 1}", _(_KEY_NAMES[index]), key, key, text, at + place))
        text = _("first 4 bytes of eight zero bytes under the key")
        parts.append(Part(f"62.{2 * index + 2}", _("Check value"), check, check, text, at + place + size))
        place += size + _CHECK_BYTES
    return _("working keys; they are not decrypted here"), parts


def explained_mac(shown: str) -> str:
    """DE 64: what it is, and its characters where it is eight hexadecimal ones as this flavour has it."""
    text = _as_text(shown)
    hexadecimal = len(text) == 8 and all(character in "0123456789ABCDEF" for character in text)
    unchecked = _("over message type to the element before; not checked here, for want of the key")
    return f'"{text}": {unchecked}' if hexadecimal else unchecked


def _meaning_of(key: str, piece: str, message: Split) -> str:
    if key == "60.1":
        return codes.meaning(codes.TRANSACTION_TYPES, piece)
    if key == "60.3":
        is_network = message.mti_text[:2] == "08"
        return codes.meaning(codes.NETWORK_CODES, piece) if is_network else ""
    return codes.meaning(_READING, piece) if key == "60.4" else ""


def _as_text(shown: str) -> str:
    """The hexadecimal `shown` as printable ASCII; "" when it is something else, or has stars."""
    if "*" in shown:
        return ""
    text = bytes.fromhex(shown).decode("latin-1")
    return text if text and all(" " <= character <= "~" for character in text) else ""
