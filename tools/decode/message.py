"""An ISO 8583 message, named and explained part by part."""

from __future__ import annotations

from provisioning.texts import _
from tools.decode import codes, elements
from tools.decode.cards import Cards
from tools.decode.parts import Decoded, Part, Problem
from tools.decode.split import Split, split
from tools.decode.walk import walk

_APPLICATIONS = ("60", "61")


def decode(data: bytes) -> Decoded:
    """Take a message apart, with or without length, TPDU and header. Raises DecodeError when none can begin in it."""
    message = split(data)
    cards = Cards(data)
    elements.learn_cards(message, cards)
    parts = [*_around(message), *_beginning(message)]
    parts += [elements.part(one, message, cards) for one in message.fields]
    title = f"{message.mti_text} {codes.meaning(codes.MESSAGE_TYPES, message.mti_text)}"
    return Decoded("8583", title, parts, message.problem or _problem_inside(message), [_shape(message, len(data))])


def _shape(message: Split, size: int) -> str:
    there = (("length", message.length), ("TPDU", message.tpdu), ("header", message.header))
    found = ", ".join(name for name, data in there if data) or _("nothing")
    return _("{count} bytes; in front of the message: {found}").format(count=size, found=found)


def _around(message: Split) -> list[Part]:
    parts, at = [], 0
    if message.length:
        said = _("{count} bytes follow").format(count=int.from_bytes(message.length, "big"))
        parts.append(_part("length", _("Length of the frame"), message.length, said, at))
        at += len(message.length)
    if message.tpdu:
        inside = _tpdu(message.tpdu, at)
        parts.append(_part("TPDU", _("Transport protocol data unit"), message.tpdu, "", at, inside))
        at += len(message.tpdu)
    if message.header:
        parts.append(
            _part("header", _("Header of the application"), message.header, "", at, _header(message.header, at))
        )
    return parts


def _beginning(message: Split) -> list[Part]:
    at = message.mti_offset
    said = codes.meaning(codes.MESSAGE_TYPES, message.mti_text)
    present = _("elements {numbers}").format(numbers=" ".join(str(number) for number in message.numbers))
    return [
        _part("MTI", _("Message type indicator"), message.mti, said, at),
        _part("bitmap", _("Bitmap"), message.bitmap, present if message.numbers else _("no element"), at + 2),
    ]


def _part(key: str, name: str, data: bytes, meaning: str, at: int, inside: tuple[Part, ...] = ()) -> Part:
    text = data.hex().upper()
    return Part(key, name, text, text, meaning, at, inside)


def _tpdu(data: bytes, at: int) -> tuple[Part, ...]:
    return (
        _part("id", _("Identifier"), data[:1], _("a transaction"), at),
        _part("to", _("Destination address"), data[1:3], "", at + 1),
        _part("from", _("Source address"), data[3:5], _("swapped in the answer"), at + 3),
    )


def _header(data: bytes, at: int) -> tuple[Part, ...]:
    digits = data.hex().upper()
    application = _("payment") if digits[:2] in _APPLICATIONS else _("not a code known here")
    state = _("normal operation") if digits[4] == "0" else _("not a code known here")
    asked = codes.meaning(codes.PROCESSING_REQUESTS, digits[5])
    pieces = (
        ("class", _("Application class"), 0, 2, application),
        ("version", _("Software version"), 2, 4, ""),
        ("state", _("State of the terminal"), 4, 5, state),
        ("request", _("Processing request"), 5, 6, asked),
        ("sub", _("Software sub-version"), 6, 12, ""),
    )
    return tuple(
        Part(key, name, digits[start:end], digits[start:end], meaning, at + start // 2)
        for key, name, start, end, meaning in pieces
    )


def _problem_inside(message: Split) -> Problem | None:
    """The fault inside DE 55 of a message that is whole otherwise."""
    for one in message.fields:
        if one.number == elements.ICC_DATA and isinstance(one.value, bytes):
            problem = walk(one.value, one.offset + one.prefix).problem
            return Problem(f"DE 55, {problem.key}", problem.offset, problem.text) if problem else None
    return None
