"""A merchant number (DE 42) by the pattern that is in use: acquirer 3, region 4, category 4, sequence 4.

The pattern is practice and no standard: a number has no check digit, may hold letters, and published ones break it.
"""

from __future__ import annotations

import re

from provisioning.application import categories, regions
from provisioning.texts import _, mark
from tools.decode.errors import DecodeError
from tools.decode.parts import Decoded, Part

_FORM = re.compile(r"[0-9A-Z]{15}")

# The acquirers' own statements and published numbers; not a register.
_ACQUIRERS = {
    "102": mark("Industrial and Commercial Bank of China (ICBC)"),
    "103": mark("Agricultural Bank of China (ABC)"),
    "105": mark("China Construction Bank (CCB)"),
    "310": mark("Shanghai Pudong Development Bank (SPDB)"),
    "802": mark("China UMS"),
    "806": mark("China UMS"),
    "811": mark("China UMS"),
    "821": mark("Allinpay"),
    "822": mark("Lakala"),
    "823": mark("Huifu"),
    "898": mark("China UMS"),
}


def decode(text: str) -> Decoded:
    """The parts of the merchant number `text`. Raises DecodeError when it is not 15 capitals and digits."""
    number = text.strip()
    if not _FORM.fullmatch(number):
        raise DecodeError(
            _("{count} characters are no merchant number: it is 15 capital letters and digits (DE 42)").format(
                count=len(number)
            )
        )
    parts = [
        _acquirer(number[:3]),
        _region(number[3:7]),
        _category(number[7:11]),
        Part("sequence", _("Sequence"), "", number[11:], _("given out by the acquirer; there is no check digit"), 11),
    ]
    notes = [
        _("The pattern is practice, not a standard: real numbers break it."),
        _("Only a number other than the bound one is a jump."),
    ]
    return Decoded("mid", _("merchant number {number}").format(number=number), parts, None, notes)


def _acquirer(code: str) -> Part:
    said = _(_ACQUIRERS[code]) if code in _ACQUIRERS else _("not an acquirer known here")
    return Part("acquirer", _("Acquirer"), "", code, said, 0)


def _region(code: str) -> Part:
    return Part("region", _("Region"), "", code, _region_meaning(code), 3)


def _region_meaning(code: str) -> str:
    if not code.isdigit():
        return _("letters: no region of GB/T 2260")
    found = regions.around(code)
    if found is None:
        return _("none of GB/T 2260; it may be UnionPay's own code (5810 is Guangzhou)")
    return _("{name} by GB/T 2260; it may be UnionPay's own code instead").format(name=found.name)


def _category(code: str) -> Part:
    return Part("category", _("Merchant category (MCC)"), "", code, _category_meaning(code), 7)


def _category_meaning(code: str) -> str:
    if not code.isdigit():
        return _("letters: no category of ISO 18245")
    found = categories.known(code)
    return _("{name} (ISO 18245)").format(name=found.name) if found else _("no category of ISO 18245")
