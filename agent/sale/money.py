"""Money is whole minor units. What a till writes is parsed as decimal text, never as a binary fraction."""

from agent.errors import AmountError, quoted

# ISO 4217: alphabetic and numeric codes of currencies with two decimals. A terminal takes the one it is bound to; the
# others are known so that a till that asks for them hears that, and not that its message is no message.
CURRENCIES = {
    "CNY": "156",
    "EUR": "978",
    "GBP": "826",
    "HKD": "344",
    "MOP": "446",
    "SGD": "702",
    "THB": "764",
    "TWD": "901",
    "USD": "840",
}
LONGEST = 12  # digits of DE 4


def minor_units(text: object, decimals: int = 2) -> int:
    """Return the minor units of a positive decimal such as `12.50`.

    Only ASCII digits with at most one point and at most `decimals` digits behind it are an amount: no sign, exponent,
    grouping, space or full-width digit. Raises AmountError naming what is wrong.
    """
    if not isinstance(text, str):
        raise AmountError("amount: {} is not text such as '12.50'".format(type(text).__name__))
    whole, point, fraction = text.partition(".")
    if not _digits(whole) or (point and not _digits(fraction)):
        raise AmountError("amount: {} is not a plain decimal such as '12.50'".format(quoted(text)))
    if len(fraction) > decimals:
        raise AmountError("amount: {} has more than {} decimals".format(quoted(text), decimals))
    digits = (whole + fraction + "0" * (decimals - len(fraction))).lstrip("0")
    if not digits:
        raise AmountError("amount: {} is not more than zero".format(quoted(text)))
    if len(digits) > LONGEST:
        raise AmountError("amount: more than {} digits".format(LONGEST))
    return int(digits)


def major_units(minor: int, decimals: int = 2) -> str:
    """The decimal text of `minor` units, as `12.50`."""
    scale = 10**decimals
    return "{}.{:0{}d}".format(minor // scale, minor % scale, decimals)


def numeric_currency(code: object) -> str:
    """The numeric ISO 4217 code of an alphabetic one. Raises AmountError for one this software does not know."""
    if not isinstance(code, str) or code not in CURRENCIES:
        said = quoted(code) if isinstance(code, str) else type(code).__name__
        raise AmountError("currency: {} is not one of {}".format(said, ", ".join(sorted(CURRENCIES))))
    return CURRENCIES[code]


def _digits(text: str) -> bool:
    return text != "" and all(c in "0123456789" for c in text)
