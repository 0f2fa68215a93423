"""The binding: the signed record that ties this terminal to one merchant, and what it says.

One terminal, one code: the terminal serial is tied to acquirer code, merchant code, unified social credit code,
settlement account and installation address (银发〔2021〕259号). A record with a field missing, unknown or malformed is
refused whole: a signed field that this software would ignore could be a restriction. A number of the right
form is taken: no register is asked, and a region or a category that none knows is no sign of another merchant.
"""

from agent.binding import identifiers
from agent.canonical import encode
from agent.clock import is_utc_second
from agent.errors import BindingError

FORMAT = "jumpguard.binding/1"

REVERSE = "reverse"
REVERSE_AND_LOCK = "reverse_and_lock"
JUMP_POLICIES = (REVERSE, REVERSE_AND_LOCK)


class Binding:
    """What the acquirer signed for this terminal. Make one with `parse`; amounts are minor units of `currency`."""

    def __init__(self, document: "dict[str, object]") -> None:
        self.document = document
        self.version = _integer(document, "version", 1)
        self.serial = _checked(document, "serial", identifiers.is_serial, "4 to 32 capitals, digits and dashes")
        self.acquirer = _checked(document, "acquirer", lambda t: identifiers.is_digits(t, 3, 11), "3 to 11 digits")
        self.mid = _checked(document, "mid", identifiers.is_mid, "15 capitals and digits (DE 42)")
        self.tid = _checked(document, "tid", identifiers.is_tid, "8 capitals and digits (DE 41)")
        self.uscc = _checked(document, "uscc", identifiers.is_uscc, "18 characters with a right check character")
        self.licence = ""
        if "licence" in document:
            self.licence = _checked(document, "licence", identifiers.is_licence, "15 digits with a right check digit")
        self.account_last4 = _checked(document, "account_last4", lambda t: identifiers.is_digits(t, 4, 4), "4 digits")
        self.account_hash = _checked(document, "account_hash", _is_sha256, "64 hexadecimal digits")
        self.address = _text(document, "address", 200)
        self.region = _checked(document, "region", lambda t: identifiers.is_digits(t, 6, 6), "6 digits (GB/T 2260)")
        self.timezone = _text(document, "timezone", 64)
        self.mcc = _checked(document, "mcc", lambda t: identifiers.is_digits(t, 4, 4), "4 digits (ISO 18245)")
        self.name = _checked(
            document, "name", _is_name, "1 to 40 bytes of text in DE 43, where a Chinese sign takes two"
        )
        self.currency = _checked(document, "currency", lambda t: identifiers.is_digits(t, 3, 3), "3 digits (ISO 4217)")
        self.limit = _integer(document, "limit", 1)
        self.jump_policy = _checked(document, "jump_policy", lambda t: t in JUMP_POLICIES, " or ".join(JUMP_POLICIES))
        self.fees = _fees(document)
        self.valid_from = _checked(document, "valid_from", is_utc_second, "a UTC time as 2026-01-31T00:00:00Z")
        self.valid_to = _checked(document, "valid_to", is_utc_second, "a UTC time as 2026-01-31T00:00:00Z")

    def canonical(self) -> bytes:
        """The bytes that the binding signer signs."""
        return encode(self.document)


_FIELDS = (
    "format", "version", "serial", "acquirer", "mid", "tid", "uscc", "account_last4", "account_hash", "address",
    "region", "timezone", "mcc", "name", "currency", "limit", "jump_policy", "fees", "valid_from", "valid_to",
)  # fmt: skip
# A licence that bears the unified social credit code has no number of its own.
_OPTIONAL = ("licence",)
# Plain, no-break and ideographic space.
_SPACES = " \u00a0\u3000"
_FEE_FIELDS = ("credit_basis_points", "debit_basis_points", "debit_cap")


def parse(document: object) -> Binding:
    """Return the binding that `document` describes. Raises BindingError naming the field, its value and what is due."""
    if not isinstance(document, dict):
        raise BindingError("binding: not an object; have it issued again")
    _expect_fields(document, _FIELDS, "binding", _OPTIONAL)
    if document["format"] != FORMAT:
        message = "binding.format: {!r} is not {!r}; update the software"
        raise BindingError(message.format(document["format"], FORMAT))
    binding = Binding(document)
    if binding.valid_to <= binding.valid_from:
        raise BindingError("binding.valid_to: not after valid_from; have the binding issued again")
    return binding


def _expect_fields(
    document: "dict[str, object]", names: "tuple[str, ...]", where: str, optional: "tuple[str, ...]" = ()
) -> None:
    missing = [name for name in names if name not in document]
    unknown = sorted(str(name) for name in document if name not in names + optional)
    if missing:
        raise BindingError("{}: {} missing; have the binding issued again".format(where, ", ".join(missing)))
    if unknown:
        raise BindingError("{}: {} unknown to this software; update it".format(where, ", ".join(unknown)))


def _checked(document: "dict[str, object]", name: str, check: object, due: str) -> str:
    value = document[name]
    if not isinstance(value, str) or not check(value):  # type: ignore[operator]
        raise BindingError("binding.{}: {!r} is not {}".format(name, value, due))
    return value


def _text(document: "dict[str, object]", name: str, longest: int) -> str:
    due = "1 to {} printable characters without surrounding space".format(longest)
    return _checked(document, name, lambda t: 0 < len(t) <= longest and _is_line(t), due)


def _integer(document: "dict[str, object]", name: str, least: int) -> int:
    value = document[name]
    if value is True or value is False or not isinstance(value, int) or value < least:
        raise BindingError("binding.{}: {!r} is not a whole number from {}".format(name, value, least))
    return value


def _fees(document: "dict[str, object]") -> "dict[str, int]":
    fees = document["fees"]
    if not isinstance(fees, dict):
        raise BindingError("binding.fees: not an object")
    _expect_fields(fees, _FEE_FIELDS, "binding.fees")
    return {name: _integer(fees, name, 0) for name in _FEE_FIELDS}


def _is_line(text: str) -> bool:
    # `strip` means ASCII space alone on MicroPython, so the spaces are named here.
    if text[0] in _SPACES or text[-1] in _SPACES:
        return False
    return all(c >= " " and not "\x7f" <= c <= "\x9f" for c in text)


def _is_name(text: str) -> bool:
    # DE 43 is 40 bytes of GBK: what is beyond ASCII takes two.
    return text != "" and sum(1 if c < "\x80" else 2 for c in text) <= 40 and _is_line(text)


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdef" for c in text)
