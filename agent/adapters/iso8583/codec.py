"""Messages to bytes and back, without frame, header and key: message type, bitmap, data elements.

An error names the data element and the reason, never the value. It is raised outside the handler of pyiso8583's own
error, which carries the whole decoded message and must not travel with it.
"""

import iso8583

from agent.adapters.iso8583.layout import ELEMENTS, SPECIFICATION, Element, Kind
from agent.errors import MessageError
from agent.messages import MERCHANT_NAME, Message

_BITMAP = slice(2, 10)
_TRACK_CHARACTERS = frozenset("0123456789D")  # `=` of the card is the nibble D


def encode(message: Message) -> bytes:
    """The wire form of `message`; DE 64 is written as it is given. Raises MessageError."""
    document = {"t": _checked_type(message.mti)}
    for number, value in message.fields.items():
        document[str(number)] = _to_library(message.mti, number, value)
    problem = ""
    try:
        return bytes(iso8583.encode(document, SPECIFICATION)[0])
    except iso8583.EncodeError as error:
        problem = _describe(message.mti, error.field, error.msg)
    raise MessageError(problem)


def decode(body: bytes) -> Message:
    """The message in `body`, not authenticated; DE 43 comes without the spaces at its end. Raises MessageError."""
    mti = _checked_type(body[:2].hex())
    _check_bitmap(mti, body[_BITMAP])
    problem = ""
    try:
        document = iso8583.decode(body, SPECIFICATION)[0]
    except iso8583.DecodeError as error:
        problem = _describe(mti, error.field, error.msg)
    if problem:
        raise MessageError(problem)
    fields = {number: _from_library(mti, number, document[str(number)]) for number in _numbers(body[_BITMAP])}
    return Message(mti, fields)


def _checked_type(mti: str) -> str:
    if len(mti) != 4 or not _is_digits(mti):
        raise MessageError("the message type is not four digits")
    return mti


def _check_bitmap(mti: str, bitmap: bytes) -> None:
    """Refuse elements whose length the layout does not know: nothing behind them could be read."""
    for number in _numbers(bitmap):
        if number == 1:
            raise MessageError(f"{mti} has a second bitmap; the layout ends at DE 64")
        _element(mti, number)


def _numbers(bitmap: bytes) -> list[int]:
    """The data elements that `bitmap` announces, lowest first."""
    return [8 * index + bit + 1 for index, byte in enumerate(bitmap) for bit in range(8) if byte & (0x80 >> bit)]


def _to_library(mti: str, number: int, value: str | bytes) -> str:
    """`value` as pyiso8583 takes it: text, or hexadecimal for what is packed."""
    kind = _element(mti, number).kind
    if isinstance(value, bytes) != (kind is Kind.BINARY):
        wanted = "bytes" if kind is Kind.BINARY else "text"
        raise MessageError(f"DE {number} of {mti}: {wanted} is needed, not {type(value).__name__}")
    if isinstance(value, bytes):
        return value.hex()
    _check_characters(mti, number, kind, value)
    return _filled_name(value) if number == MERCHANT_NAME else value


def _from_library(mti: str, number: int, value: str) -> str | bytes:
    kind = _element(mti, number).kind
    if kind is Kind.BINARY:
        return bytes.fromhex(value)
    _check_characters(mti, number, kind, value)
    return value.rstrip(" ") if number == MERCHANT_NAME else value


def _filled_name(value: str) -> str:
    """DE 43 filled with spaces to its fixed length, which counts bytes of GBK."""
    stripped = value.rstrip(" ")
    return stripped + " " * (ELEMENTS[MERCHANT_NAME].size - len(stripped.encode("gbk", "replace")))


def _element(mti: str, number: int) -> Element:
    element = ELEMENTS.get(number)
    if element is None:
        raise MessageError(f"DE {number} of {mti} is not in the layout")
    return element


def _check_characters(mti: str, number: int, kind: Kind, value: str) -> None:
    """Hold `value` to what its kind may contain; pyiso8583 takes any hexadecimal digit and any control character."""
    if kind is Kind.DIGITS and value and not _is_digits(value):
        raise MessageError(f"DE {number} of {mti}: only digits are allowed")
    if kind is Kind.TRACK and not _TRACK_CHARACTERS.issuperset(value):
        raise MessageError(f"DE {number} of {mti}: only digits and D are allowed")
    if any(character < " " or character == "\x7f" for character in value):
        raise MessageError(f"DE {number} of {mti}: control characters are not allowed")


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _describe(mti: str, field: str, reason: str) -> str:
    """pyiso8583's reason, which holds lengths only, under the name of the field (`t` type, `p` bitmap)."""
    name = {"t": "message type", "p": "bitmap"}.get(field, f"DE {field}")
    return f"{name} of {mti}: {reason[:1].lower()}{reason[1:]}"
