"""BER-TLV as EMV cards write it (EMV Book 3, annex B): parse, find, encode.

The bytes come from whatever was held to the antenna, so the parser is strict and bounded. Its errors name tag and
offset, never a value.
"""

from agent.errors import TlvError

# No answer of a card is longer: one short response APDU is 256 bytes, a few of them may be chained by 61xx.
LARGEST = 1024
# The deepest that EMV defines is 6F / A5 / BF0C / 61 / 4F.
DEEPEST = 8


class Tlv:
    """One data object: `tag` as an integer (0x9F38), `value` its bytes, `children` what a constructed one holds."""

    __slots__ = ("children", "tag", "value")

    def __init__(self, tag: int, value: bytes, children: "list[Tlv]") -> None:
        self.tag = tag
        self.value = value
        self.children = children

    def __repr__(self) -> str:
        return "<Tlv {:02X} of {} bytes>".format(self.tag, len(self.value))


def parse(data: bytes) -> "list[Tlv]":
    """The data objects of `data` in their order; 00 before, between and after them is padding (annex B1).

    Raises TlvError, naming offset and tag, when `data` is not whole BER-TLV, is longer than `LARGEST` bytes or nests
    deeper than `DEEPEST` levels.
    """
    if len(data) > LARGEST:
        raise TlvError("{} bytes are more than the {} that a card may answer".format(len(data), LARGEST))
    return _parse(data, 0, len(data), 1)


def find(objects: "list[Tlv]", *path: int) -> "Tlv | None":
    """The first object at `path`, which names one tag for each level; None when there is none."""
    for item in objects:
        if item.tag != path[0]:
            continue
        found = item if len(path) == 1 else find(item.children, *path[1:])
        if found is not None:
            return found
    return None


def encode(tag: int, value: bytes) -> bytes:
    """The data object of `tag` and `value`, with the shortest length field (annex B2).

    Raises TlvError for more than 65535 bytes.
    """
    size = len(value)
    if size < 0x80:
        length = bytes([size])
    elif size <= 0xFF:
        length = bytes([0x81, size])
    elif size <= 0xFFFF:
        length = bytes([0x82, size >> 8, size & 0xFF])
    else:
        raise TlvError("tag {:02X}: {} bytes are too many for one data object".format(tag, size))
    return tag_bytes(tag) + length + value


def tag_bytes(tag: int) -> bytes:
    """The tag field of `tag`: one to three bytes."""
    if tag <= 0xFF:
        return bytes([tag])
    return tag.to_bytes(2 if tag <= 0xFFFF else 3, "big")


def read_tag(data: bytes, at: int, end: int) -> "tuple[int, int]":
    """The tag that starts at offset `at`, and the offset behind it (annex B1; ISO/IEC 7816-4, 5.2.2.1: three bytes).

    Raises TlvError when it is cut off at `end`, longer than three bytes, or 00.
    """
    tag = data[at]
    after = at + 1
    if tag == 0:
        raise TlvError("offset {}: 00 is not a tag".format(at))
    more = tag & 0x1F == 0x1F
    while more:
        if after == end:
            raise TlvError("offset {}: the tag is cut off".format(at))
        if after - at == 3:
            raise TlvError("offset {}: the tag is longer than three bytes".format(at))
        tag = tag << 8 | data[after]
        more = bool(data[after] & 0x80)
        after += 1
    return tag, after


def _parse(data: bytes, start: int, end: int, depth: int) -> "list[Tlv]":
    if depth > DEEPEST and start < end:
        raise TlvError("offset {}: nested deeper than {} levels".format(start, DEEPEST))
    objects = []
    at = start
    while at < end:
        if data[at] == 0:
            at += 1
            continue
        tag, after = read_tag(data, at, end)
        body, stop = _extent(data, after, end, "tag {:02X} at offset {}".format(tag, at))
        constructed = data[at] & 0x20
        children = _parse(data, body, stop, depth + 1) if constructed else []
        objects.append(Tlv(tag, data[body:stop], children))
        at = stop
    return objects


def _extent(data: bytes, at: int, end: int, which: str) -> "tuple[int, int]":
    # Where the value begins and ends, from the length field at `at` (annex B2: one byte, or 81 or 82 and one or two).
    if at == end:
        raise TlvError("{}: the length is missing".format(which))
    length = data[at]
    body = at + 1
    if length >= 0x80:
        width = length & 0x7F
        if width not in (1, 2):
            raise TlvError("{}: {:02X} does not start a length".format(which, length))
        if body + width > end:
            raise TlvError("{}: the length is cut off".format(which))
        length = int.from_bytes(data[body : body + width], "big")
        body += width
    if body + length > end:
        raise TlvError("{}: {} bytes of its value are missing".format(which, body + length - end))
    return body, body + length
