"""What the values of the common tags mean (EMV Book 3, annexes A and C, unless another source is named)."""

from __future__ import annotations

from collections.abc import Callable

from agent.card import aids, tags
from agent.card.tlv import Tlv
from agent.errors import CardError
from provisioning.texts import _, mark
from tools.decode import bits, codes
from tools.decode.cards import is_readable

# 9F27, b8-b7 (Book 3, 6.5.5.4, table 15)
_CRYPTOGRAMS = (
    mark("AAC: declined"),
    mark("TC: approved offline"),
    mark("ARQC: to be authorised online"),
    mark("reserved"),
)

# 9F35 (Book 4, annex A1): first digit, then second
_OPERATED_BY = {"1": mark("run by a bank"), "2": mark("run by a merchant"), "3": mark("run by the cardholder")}
_TERMINALS = {
    "1": mark("attended, online only"),
    "2": mark("attended, offline with online"),
    "3": mark("attended, offline only"),
    "4": mark("unattended, online only"),
    "5": mark("unattended, offline with online"),
    "6": mark("unattended, offline only"),
}

# Annex C3, b6-b1 of a method
_VERIFICATION_METHODS = {
    0x00: mark("fail"),
    0x01: mark("plain PIN to the chip"),
    0x02: mark("online PIN"),
    0x03: mark("plain PIN to the chip and signature"),
    0x04: mark("encrypted PIN to the chip"),
    0x05: mark("encrypted PIN to the chip and signature"),
    0x1E: mark("signature on paper"),
    0x1F: mark("no verification"),
    0x20: mark("no verification"),
    0x3F: mark("no verification performed"),
}
# Annex C3, second byte
_CONDITIONS = {
    0x00: mark("always"),
    0x01: mark("if cash, unattended"),
    0x02: mark("if neither cash nor cashback"),
    0x03: mark("if the terminal can"),
    0x04: mark("if cash, attended"),
    0x05: mark("if cashback"),
    0x06: mark("if in the application's currency and under X"),
    0x07: mark("if in the application's currency and over X"),
    0x08: mark("if in the application's currency and under Y"),
    0x09: mark("if in the application's currency and over Y"),
}
_RESULTS = {0: mark("unknown"), 1: mark("failed"), 2: mark("successful")}
_SHORTEST_LIST = 8


def meaning(tag: int, value: bytes) -> str:
    """What `value` of `tag` means, "" where there is nothing to say about it or it is not of the tag's form."""
    explain = _MEANINGS.get(tag)
    return explain(value) if explain and value else ""


def records(locator: bytes) -> str:
    """An application file locator as the records that are to be read; "" when it is none (10.2)."""
    said = []
    for at in range(0, len(locator), 4):
        entry = locator[at : at + 4]
        if not is_locator_entry(entry):
            return ""
        sfi, first, last, signed = entry[0] >> 3, entry[1], entry[2], entry[3]
        text = _("file {sfi}: record {first}") if first == last else _("file {sfi}: records {first} to {last}")
        text = text.format(sfi=sfi, first=first, last=last)
        said.append(text + (" " + _("({count} signed)").format(count=signed) if signed else ""))
    return "; ".join(said)


def is_locator_entry(entry: bytes) -> bool:
    """Whether four bytes can be an entry of an application file locator."""
    if len(entry) != 4:
        return False
    file, first, last, signed = entry
    return not file & 7 and 0 < file >> 3 < 31 and 0 < first <= last and signed <= last - first + 1


def cryptogram(information: bytes) -> str:
    """What kind of cryptogram a byte 9F27 names."""
    return _(_CRYPTOGRAMS[information[0] >> 6])


def _digits(value: bytes) -> str:
    text = value.hex()
    return text if text.isdigit() else ""


def _text(value: bytes) -> str:
    return f'"{value.decode("ascii")}"' if is_readable(value) else ""


def _application(value: bytes) -> str:
    """The scheme and product of an AID, as far as this terminal knows it."""
    if is_readable(value):
        return _text(value)
    entry = Tlv(tags.DIRECTORY_ENTRY, b"", [Tlv(tags.ADF_NAME, value, [])])
    issuer = Tlv(tags.FCI_ISSUER_DISCRETIONARY_DATA, b"", [entry])
    proprietary = Tlv(tags.FCI_PROPRIETARY_TEMPLATE, b"", [issuer])
    try:
        (found, *_more) = aids.candidates([Tlv(tags.FCI_TEMPLATE, b"", [proprietary])])
    except CardError:
        return _("not an application known here")
    return found.label


def _amount(value: bytes) -> str:
    return codes.money(_digits(value))


def _country(value: bytes) -> str:
    return codes.meaning(codes.COUNTRIES, _digits(value)[-3:])


def _currency(value: bytes) -> str:
    return codes.currency(_digits(value)[-3:])


def _date(value: bytes) -> str:
    text = _digits(value)
    return f"20{text[:2]}-{text[2:4]}-{text[4:]}" if len(text) == 6 else ""


def _time(value: bytes) -> str:
    text = _digits(value)
    return f"{text[:2]}:{text[2:4]}:{text[4:]}" if len(text) == 6 else ""


def _number(value: bytes) -> str:
    return str(int.from_bytes(value, "big"))


def _terminal_type(value: bytes) -> str:
    digits = f"{value[0]:02X}"
    return f"{codes.meaning(_OPERATED_BY, digits[0])}; {codes.meaning(_TERMINALS, digits[1])}"


def _method(code: int) -> str:
    name = _VERIFICATION_METHODS.get(code & 0x3F)
    return _(name) if name else _("method {code}").format(code=f"{code & 0x3F:02X}")


def _verification_list(value: bytes) -> str:
    """Annex C3: amounts X and Y, then pairs of method and condition."""
    if len(value) < _SHORTEST_LIST or len(value) % 2:
        return ""
    said = []
    for code, condition in zip(value[8::2], value[9::2], strict=True):
        when = _CONDITIONS.get(condition)
        text = f"{_method(code)} {_(when) if when else f'{condition:02X}'}"
        said.append(text + (", " + _("else next") if code & 0x40 else ""))
    return "; ".join(said)


def _verification_results(value: bytes) -> str:
    if len(value) != 3:
        return ""
    result = _RESULTS.get(value[2])
    return f"{_method(value[0])}: {_(result) if result else f'{value[2]:02X}'}"


def _priority(value: bytes) -> str:
    place = value[0] & 0x0F
    text = _("priority {place}, 1 is the first").format(place=place) if place else _("no priority: comes last")
    return text + ("; " + _("the cardholder must confirm") if value[0] & 0x80 else "")


def _bits(table: bits.Bits) -> Callable[[bytes], str]:
    return lambda value: bits.named(value, table)


def _response_code(value: bytes) -> str:
    return codes.meaning(codes.RESPONSE_CODES, value.decode("ascii")) if is_readable(value) else ""


_MEANINGS: dict[int, Callable[[bytes], str]] = {
    0x4F: _application, 0x84: _application, 0x9F06: _application, 0x9D: _application,
    0x50: _text, 0x5F2D: _text, 0x9F12: _text, 0x9F16: _text, 0x9F1C: _text, 0x9F1E: _text, 0x9F4E: _text,
    0x82: _bits(bits.INTERCHANGE_PROFILE), 0x95: _bits(bits.VERIFICATION_RESULTS), 0x9F33: _bits(bits.CAPABILITIES),
    0x9F66: _bits(bits.TERMINAL_QUALIFIERS), 0x9F6C: _bits(bits.CARD_QUALIFIERS),
    0x87: _priority, 0x8A: _response_code, 0x8E: _verification_list, 0x9F34: _verification_results, 0x94: records,
    0x9A: _date, 0x5F25: _date, 0x9F21: _time,
    0x9C: lambda value: codes.meaning(codes.PROCESSING_CODES, _digits(value)),
    0x5F2A: _currency, 0x9F42: _currency, 0x5F28: _country, 0x9F1A: _country,
    0x9F02: _amount, 0x9F03: _amount, 0x9F79: _amount, 0x9F5D: _amount,
    0x9F27: cryptogram, 0x9F35: _terminal_type, 0x9F36: _number, 0x9F13: _number, 0x9F17: _number, 0x5F34: _number,
}  # fmt: skip
