"""Rates, caps and limits of an application. Every function returns the plain text or raises EntryError."""

import unicodedata
from decimal import Decimal, InvalidOperation

from agent.errors import AmountError
from agent.sale.money import LONGEST, major_units, minor_units, numeric_currency
from provisioning.errors import EntryError
from provisioning.texts import _

_YUAN = ("CNY", "RMB", "¥", "元", "圆")
# A rate beyond it is a mistake of the decimal point, not a contract.
_MOST_BASIS_POINTS = 1_000
_PER_MILLE = "‰"


def rate(text: str) -> str:
    """A merchant's rate in per cent with two decimals, such as `0.60`, from `0.6`, `0.6%` or `6‰`."""
    plain = _plain(text)
    if plain.startswith("千分之"):
        plain = _arabic(plain.removeprefix("千分之")) + _PER_MILLE
    tenth = plain.endswith(_PER_MILLE)
    try:
        points = Decimal(_ascii(plain.rstrip("%‰"))) * (10 if tenth else 100)
    except InvalidOperation:
        raise EntryError(_("no rate; write it in per cent, such as 0.6 or 0.6%")) from None
    if points and points * 100 == int(points * 100) and points < 1:
        raise EntryError(
            _("{rate} % is less than a hundredth of a per cent; is {hundredfold} % meant?").format(
                rate=f"{points / 100:f}", hundredfold=f"{points.normalize():f}"
            )
        )
    if points != int(points):
        raise EntryError(_("a rate has two decimals at most, such as 0.55 %"))
    if not 0 < points <= _MOST_BASIS_POINTS:
        raise EntryError(_("a rate is more than 0 % and at most {most} %").format(most=_MOST_BASIS_POINTS // 100))
    return major_units(int(points))


def hundredths(plain: str) -> int:
    """The basis points of what `rate` returned, the minor units of what `amount` returned."""
    return minor_units(plain)


def amount(text: str) -> str:
    """An amount in yuan with two decimals, such as `1000.00`, from `1,000`, `1000元` or `¥1000.00`."""
    plain = _plain(text)
    for sign in _YUAN:
        plain = plain.removeprefix(sign).removesuffix(sign)
    whole, _point, fraction = plain.partition(".")
    groups = whole.split(",")
    if len(groups) > 1:
        if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
            raise EntryError(_("the commas do not part thousands; write it without, such as 1000.00"))
        plain = "".join(groups) + _point + fraction
    try:
        return major_units(minor_units(plain))
    except AmountError:
        raise EntryError(
            _("no amount in yuan; more than 0, {most} digits at most, such as 1000 or 1000.00").format(most=LONGEST)
        ) from None


def currency(text: str) -> str:
    """The three digits of a currency (ISO 4217) that the software knows, also from its letters."""
    plain = _plain(text)
    if plain in ("RMB", "156"):
        return "156"
    try:
        return numeric_currency(plain)
    except AmountError:
        raise EntryError(_("not a currency known here; CNY is")) from None


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def _ascii(text: str) -> str:
    # Decimal takes signs, exponents and any script's digits.
    if not text or any(character not in "0123456789." for character in text) or len(text) > 20:
        raise InvalidOperation
    return text


def _arabic(text: str) -> str:
    found = "零一二三四五六七八九".find(text)
    return str(found) if found > 0 else text
