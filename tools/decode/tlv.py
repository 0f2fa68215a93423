"""A card's answer as a tree of data objects, named and explained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provisioning.texts import _, mark
from tools.decode import cards as masks
from tools.decode import dol, tag_meanings
from tools.decode.cards import CARD_TAGS, Cards
from tools.decode.parts import Decoded, Part
from tools.decode.tag_names import LISTS, TAGS
from tools.decode.walk import Node, Walk, walk

_TRACKS_2 = (0x57, 0x9F6B)
_PAN = 0x5A
_FORMAT_1 = 0x80
# Label, preferred name, customer exclusive data: may hold anything, as a tag without a name may.
_FREE = (0x50, 0x9F12, 0x9F7C)
_CRYPTOGRAM_BYTES = 8

# ISO/IEC 7816-4, 5.1.3, and EMV Book 3, 6.3.5
_STATUS = {
    "9000": mark("success"),
    "6283": mark("selected file invalidated: the application is blocked"),
    "6300": mark("authentication failed"),
    "6700": mark("wrong length"),
    "6983": mark("authentication method blocked"),
    "6984": mark("referenced data invalidated"),
    "6985": mark("conditions of use not satisfied: try another interface or application"),
    "6986": mark("command not allowed: see the phone, or another interface"),
    "6A81": mark("function not supported: the card or application is blocked"),
    "6A82": mark("file or application not found"),
    "6A83": mark("record not found"),
    "6A86": mark("incorrect P1 or P2"),
    "6A88": mark("referenced data not found"),
    "6D00": mark("instruction not supported"),
    "6E00": mark("class not supported"),
    "6F00": mark("no precise diagnosis"),
}


def decode(data: bytes) -> Decoded:
    """A card's answer, with or without its status word, taken apart."""
    body, status = _without_status(data)
    walked = walk(body)
    cards = Cards(data)
    learn_cards(walked.nodes, cards)
    found = parts(walked, cards)
    if status and walked.problem is None:
        found.append(_status_part(status, len(body)))
    title = _("card's answer, {count} bytes").format(count=len(data))
    notes = [_("with a status word") if status else _("without a status word")]
    return Decoded("tlv", title, found, walked.problem, notes)


def learn_cards(nodes: Sequence[Node], cards: Cards) -> None:
    """Tell `cards` the card numbers in the tags that hold one."""
    for node in _all(nodes):
        nibbles = node.value.hex().upper()
        if node.tag == _PAN:
            cards.learn(nibbles.rstrip("F"))
        elif node.tag in _TRACKS_2:
            cards.learn(masks.track_number(nibbles))


def parts(walked: Walk, cards: Cards) -> list[Part]:
    """The data objects named and explained, card data hidden."""
    shown = hidden(walked, cards)
    return [_part(node, shown, walked.base) for node in walked.nodes]


def hidden(walked: Walk, cards: Cards) -> str:
    """All of `walked` in hexadecimal with stars in card data, and for everything behind a fault."""
    nibbles = list(walked.data.hex().upper())
    _cover(nibbles, walked.nodes, walked.base, (walked.base, walked.base + len(walked.data)), cards)
    doubtful = walked.problem is not None or any(node.tag not in TAGS for node in _all(walked.nodes))
    return cards.hide_hex("".join(nibbles), guess=doubtful)


def _cover(nibbles: list[str], nodes: Sequence[Node], base: int, extent: tuple[int, int], cards: Cards) -> None:
    """Put stars into `nibbles`, whose first byte has the offset `base`: in `nodes`, and behind them in `extent`."""
    at, end = extent
    for node in nodes:
        body = node.offset + len(node.head)
        if node.constructed:
            _cover(nibbles, node.children, base, (body, node.end), cards)
        else:
            nibbles[2 * (body - base) : 2 * (node.end - base)] = _value(node, cards)
        at = node.end
    rest = slice(2 * (at - base), 2 * (end - base))
    if any(nibble != "0" for nibble in nibbles[rest]):
        nibbles[rest] = masks.hidden("".join(nibbles[rest]))


def _value(node: Node, cards: Cards) -> str:
    """The value of a primitive `node` in hexadecimal, card data as stars."""
    nibbles = node.value.hex().upper()
    if node.tag == _PAN:
        return masks.hidden_number(nibbles)
    if node.tag in _TRACKS_2:
        return masks.hidden_track(nibbles)
    if node.tag in CARD_TAGS:
        return masks.hidden(nibbles)
    return cards.hide_hex(nibbles, guess=node.tag not in TAGS or node.tag in _FREE)


def _part(node: Node, shown: str, base: int) -> Part:
    """`node` explained; `shown` is everything in hexadecimal, its first byte at offset `base`."""
    name = _(TAGS[node.tag][0]) if node.tag in TAGS else _("(not a tag known here)")
    key = f"{node.tag:02X}"
    raw = shown[2 * (node.offset - base) : 2 * (node.end - base)]
    if node.constructed:
        inside = tuple(_part(child, shown, base) for child in node.children)
        return Part(key, name, raw, "", "", node.offset, inside)
    value = raw[2 * len(node.head) :]
    meaning = _hidden_meaning(node) if node.tag in CARD_TAGS else _meaning(node, value)
    return Part(key, name, raw, value, meaning, node.offset, _inside(node, value))


def _hidden_meaning(node: Node) -> str:
    return _("card data, {count} bytes, hidden").format(count=len(node.value))


def _meaning(node: Node, shown: str) -> str:
    """What the value says; where something in it is hidden, nothing."""
    if masks.STAR in shown:
        return _("looks like a card number: hidden")
    if node.tag in TAGS:
        return tag_meanings.meaning(node.tag, node.value)
    return f'"{node.value.decode("ascii")}"' if masks.is_readable(node.value) else ""


def _inside(node: Node, shown: str) -> tuple[Part, ...]:
    """The parts of a primitive value that has some: a data object list, or a format 1 answer."""
    at = node.offset + len(node.head)
    if masks.STAR in shown:
        return ()
    if node.tag in LISTS:
        return tuple(dol.entries(node.value, at)[0])
    return _format_1(node.value, at) if node.tag == _FORMAT_1 else ()


def _format_1(value: bytes, at: int) -> tuple[Part, ...]:
    """Tag 80 after GET PROCESSING OPTIONS (Book 3, 6.5.8.4) or GENERATE AC (6.5.5.4): values without their tags."""
    if len(value) >= 6 and tag_meanings.records(value[2:]):
        return _named(((0x82, value[:2]), (0x94, value[2:])), at)
    if len(value) >= 3 + _CRYPTOGRAM_BYTES:
        pieces = ((0x9F27, value[:1]), (0x9F36, value[1:3]), (0x9F26, value[3:11]), (0x9F10, value[11:]))
        return _named(pieces, at)
    return ()


def _named(pieces: Sequence[tuple[int, bytes]], at: int) -> tuple[Part, ...]:
    found = []
    for tag, value in pieces:
        if value:
            raw = value.hex().upper()
            found.append(Part(f"{tag:02X}", _(TAGS[tag][0]), raw, raw, tag_meanings.meaning(tag, value), at))
        at += len(value)
    return tuple(found)


def _all(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _all(node.children)


def _without_status(data: bytes) -> tuple[bytes, bytes]:
    """The answer without its trailing status word, and that; the word is empty when there is none."""
    body, last = data[:-2], data[-2:]
    looks_like_one = last == b"\x90\x00" or (len(last) == 2 and 0x61 <= last[0] <= 0x6F)
    if looks_like_one and (walk(body).problem is None or walk(data).problem is not None):
        return body, last
    return data, b""


def _status_part(status: bytes, at: int) -> Part:
    text = status.hex().upper()
    if text in _STATUS:
        said = _(_STATUS[text])
    elif text.startswith("61"):
        said = _("{count} more bytes wait for GET RESPONSE").format(count=status[1])
    elif text.startswith("6C"):
        said = _("wrong Le: {count} is right").format(count=status[1])
    elif text.startswith("63C"):
        said = _("{count} tries left").format(count=status[1] & 0x0F)
    else:
        said = _("warning or error; see ISO/IEC 7816-4, 5.1.3")
    return Part("SW", _("Status word"), text, text, said, at)
