"""A card number that cannot be printed, logged, compared or stored by accident."""

from agent.errors import CardError

DIGITS = "0123456789"


class CardSecret:
    """A text of the card that only `reveal` gives away; it prints as `masked`.

    Two secrets are never equal: compare what is masked, or reveal both on purpose.
    """

    # Slots, so that a dump of `__dict__` shows nothing on CPython.
    __slots__ = ("_masked", "_secret")

    def __init__(self, secret: str, masked: str) -> None:
        self._secret = secret
        self._masked = masked

    @property
    def masked(self) -> str:
        """First six and last four digits of the card number, which may be shown and stored (PCI DSS 4.0.1, 3.4.1)."""
        return self._masked

    def reveal(self) -> str:
        """The secret itself: for the acquirer's message only, never for a log, a file or an error."""
        return self._secret

    def __repr__(self) -> str:
        return "<{} {}>".format(type(self).__name__, self._masked)

    def __str__(self) -> str:
        return self._masked

    def __reduce__(self) -> str:
        raise TypeError("{} is card data: it is neither copied nor stored".format(type(self).__name__))


class Pan(CardSecret):
    """A primary account number: 12 to 19 digits, the last one a Luhn check digit (ISO/IEC 7812-1)."""

    __slots__ = ()

    def __init__(self, digits: str) -> None:
        """Raises CardError CARD_TRACK2, where card numbers are read from, naming what is wrong and no digit."""
        if not all(c in DIGITS for c in digits):
            raise CardError("CARD_TRACK2", "the card number holds something else than digits")
        if not 12 <= len(digits) <= 19:
            raise CardError("CARD_TRACK2", "the card number has {} digits, not 12 to 19".format(len(digits)))
        if not passes_luhn(digits):
            raise CardError("CARD_TRACK2", "the card number fails its check digit")
        super().__init__(digits, digits[:6] + "*" * (len(digits) - 10) + digits[-4:])


def masked_text(text: str) -> str:
    """`text` from outside, as it may be stored: with as many digits as a card number has, only six and four stay."""
    places = [at for at, c in enumerate(text) if c in DIGITS or "\uff10" <= c <= "\uff19"]
    if len(places) < 12:
        return text
    hidden = places[6:-4]
    return "".join(["*" if at in hidden else c for at, c in enumerate(text)])


def passes_luhn(digits: str) -> bool:
    """Whether the last of `digits` is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    # From the right, every second digit counts double, as the sum of its own digits (ISO/IEC 7812-1, annex B).
    total = 0
    for place, character in enumerate(reversed(digits)):
        digit = int(character)
        total += (digit * 2 - 9 if digit > 4 else digit * 2) if place % 2 else digit
    return total % 10 == 0
