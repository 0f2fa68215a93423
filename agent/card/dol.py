"""Data object lists: tags and lengths that a card asks for, filled from what the terminal knows (EMV Book 3, 5.4)."""

from agent.card import tags, tlv
from agent.errors import TlvError

# The filled list must fit one command together with its template, 83 81 L or 83 L (Book 3, 5.4 and 6.5.8).
LARGEST = 252

# Which of the terminal's values are of format n (annex A); any other of them is b or an. None is of format cn.
_NUMERIC = (
    tags.AMOUNT_AUTHORISED,
    tags.AMOUNT_OTHER,
    tags.TERMINAL_COUNTRY_CODE,
    tags.TERMINAL_TYPE,
    tags.TRANSACTION_CURRENCY_CODE,
    tags.TRANSACTION_DATE,
    tags.TRANSACTION_SEQUENCE_COUNTER,
    tags.TRANSACTION_TYPE,
)
# Format cn: card numbers. The terminal offers none, but the rule is the standard's and a caller may.
_COMPRESSED_NUMERIC = (0x5A, 0x9F20)


def parse(dol: bytes) -> "list[tuple[int, int]]":
    """The (tag, length in bytes) pairs of `dol`, in their order.

    Raises TlvError for a cut-off entry, or when the lengths add up to more than `LARGEST` bytes.
    """
    entries = []
    total = 0
    at = 0
    while at < len(dol):
        tag, after = tlv.read_tag(dol, at, len(dol))
        if after == len(dol):
            raise TlvError("data object list: tag {:02X} at offset {} has no length".format(tag, at))
        entries.append((tag, dol[after]))
        total += dol[after]
        at = after + 1
    if total > LARGEST:
        raise TlvError("data object list: {} bytes are asked for, a command carries {}".format(total, LARGEST))
    return entries


def fill(dol: bytes, values: "dict[int, bytes]") -> bytes:
    """The values that `dol` asks for, one behind the other and each in the length asked for; zeros for an unknown tag.

    Raises TlvError as `parse`.
    """
    return b"".join([_fit(tag, length, values.get(tag)) for tag, length in parse(dol)])


def _fit(tag: int, length: int, value: "bytes | None") -> bytes:
    if value is None:
        return bytes(length)
    missing = length - len(value)
    if tag in _NUMERIC:
        # Digits stand right: the leading ones are cut, or zeros go before them.
        return value[-missing:] if missing < 0 else bytes(missing) + value
    if missing < 0:
        return value[:length]
    if tag in _COMPRESSED_NUMERIC:
        return value + b"\xff" * missing
    return value + bytes(missing)
