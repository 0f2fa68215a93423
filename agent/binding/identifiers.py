"""The forms of the identifiers that name a merchant, a terminal and a company.

A MID that does not follow the common pattern is only worth a warning: published ones break it. Only a MID that differs
from the bound one is a jump.
"""

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_DIGITS = "0123456789"
_UPPER_ALPHANUMERIC = _DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def is_digits(text: object, shortest: int, longest: int) -> bool:
    """Whether `text` is `shortest` to `longest` ASCII digits (full-width digits are none)."""
    return isinstance(text, str) and shortest <= len(text) <= longest and all(c in _DIGITS for c in text)


def is_mid(text: object) -> bool:
    """Whether `text` can be a card acceptor identification code (DE 42): 15 capitals and digits."""
    return isinstance(text, str) and len(text) == 15 and all(c in _UPPER_ALPHANUMERIC for c in text)


def is_tid(text: object) -> bool:
    """Whether `text` can be a card acceptor terminal identification (DE 41): 8 capitals and digits."""
    return isinstance(text, str) and len(text) == 8 and all(c in _UPPER_ALPHANUMERIC for c in text)


def is_serial(text: object) -> bool:
    """Whether `text` can be a terminal serial: 4 to 32 capitals, digits and dashes. It is also a topic and a name."""
    return isinstance(text, str) and 4 <= len(text) <= 32 and all(c in _UPPER_ALPHANUMERIC + "-" for c in text)


def is_uscc(text: object) -> bool:
    """Whether `text` is a unified social credit code with a right check character (GB 32100-2015)."""
    if not isinstance(text, str) or len(text) != 18 or any(c not in _USCC_ALPHABET for c in text):
        return False
    total = sum(_USCC_ALPHABET.index(c) * (3**i % 31) for i, c in enumerate(text[:17]))
    return text[17] == _USCC_ALPHABET[(31 - total % 31) % 31]


def is_licence(text: object) -> bool:
    """Whether `text` is a business registration number with a right check digit: 15 digits (GS 15-2006, annex A).

    Licences bore it before the unified social credit code did, and acquirers' records still do.
    """
    if not is_digits(text, 15, 15):
        return False
    rest = 10  # ISO 7064, MOD 11,10
    for character in str(text)[:-1]:
        rest = ((rest + int(character)) % 10 or 10) * 2 % 11
    return (rest + int(str(text)[-1])) % 10 == 1


def mid_follows_pattern(mid: str, mcc: str) -> bool:
    """Whether `mid` reads as acquirer 3 + region 4 + MCC 4 + sequence 4 with the bound MCC in its place.

    The pattern is practice, not a standard: use it for warnings only.
    """
    return is_digits(mid[:7], 7, 7) and mid[7:11] == mcc
