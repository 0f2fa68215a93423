"""BER-TLV: what parses, what is refused and how the refusal is worded."""

from binascii import unhexlify

from agent.card import tlv
from agent.errors import TlvError
from tests.portable.helpers import raises

# The answer of a card to SELECT PPSE, with padding where EMV Book 3, annex B1 allows it.
PPSE = unhexlify(
    "00" + "6F2D" + "840E325041592E5359532E4444463031" + "00" + "A51A" + "BF0C17" + "6114"
    "4F08A000000333010101" + "5005554E494F4E" + "870101" + "00"
)  # fmt: skip


def test_objects_come_in_order_with_their_children() -> None:
    fci = tlv.parse(PPSE)
    assert [item.tag for item in fci] == [0x6F]
    assert [item.tag for item in fci[0].children] == [0x84, 0xA5]
    assert fci[0].children[0].value == b"2PAY.SYS.DDF01"


def test_find_follows_a_path_to_the_first_match() -> None:
    fci = tlv.parse(PPSE)
    name = tlv.find(fci, 0x6F, 0xA5, 0xBF0C, 0x61, 0x4F)
    assert name is not None
    assert name.value == unhexlify("A000000333010101")
    assert tlv.find(fci, 0x6F, 0xA5, 0x9F38) is None
    assert tlv.find(fci, 0x4F) is None


def test_find_looks_into_every_sibling() -> None:
    objects = tlv.parse(unhexlify("6103500141" + "61038701024F00"))
    found = tlv.find(objects, 0x61, 0x87)
    assert found is not None
    assert found.value == b"\x02"


def test_tags_of_one_two_and_three_bytes_are_read() -> None:
    assert [item.tag for item in tlv.parse(unhexlify("5A00" + "9F3800" + "DF810400"))] == [0x5A, 0x9F38, 0xDF8104]


def test_lengths_of_one_two_and_three_bytes_are_read() -> None:
    for length, size in (("05", 5), ("7F", 127), ("8105", 5), ("81FF", 255), ("820100", 256)):
        objects = tlv.parse(unhexlify("57" + length) + b"\x11" * size)
        assert [len(item.value) for item in objects] == [size], length


def test_padding_may_stand_between_objects_but_ff_is_a_tag() -> None:
    assert [item.tag for item in tlv.parse(unhexlify("0000820219800000940000"))] == [0x82, 0x94]
    assert tlv.parse(b"") == []
    raises(TlvError, tlv.parse, unhexlify("82021980FF"))


def test_what_is_not_whole_names_tag_and_offset() -> None:
    for data, message in (
        ("8202198094", "tag 94 at offset 4: the length is missing"),
        ("00820219", "tag 82 at offset 1: 1 bytes of its value are missing"),
        ("9F", "offset 0: the tag is cut off"),
        ("DF81810100", "offset 0: the tag is longer than three bytes"),
        ("5781", "tag 57 at offset 0: the length is cut off"),
        ("578200", "tag 57 at offset 0: the length is cut off"),
        ("578000", "tag 57 at offset 0: 80 does not start a length"),
        ("578300000100", "tag 57 at offset 0: 83 does not start a length"),
        ("6F04840550", "tag 6F at offset 0: 1 bytes of its value are missing"),
        ("6F03840550", "tag 84 at offset 2: 4 bytes of its value are missing"),
    ):
        assert str(raises(TlvError, tlv.parse, unhexlify(data))) == message, data


def test_an_error_shows_no_value() -> None:
    error = raises(TlvError, tlv.parse, unhexlify("570A" + "6212345678901232"))
    assert str(error) == "tag 57 at offset 0: 2 bytes of its value are missing"


def test_depth_is_bounded() -> None:
    assert tlv.find(tlv.parse(nested(tlv.DEEPEST)), *[0x61] * tlv.DEEPEST) is not None
    assert str(raises(TlvError, tlv.parse, nested(tlv.DEEPEST + 1))) == "offset 16: nested deeper than 8 levels"


def nested(levels: int) -> bytes:
    data = b""
    for _ in range(levels):
        data = b"\x61" + bytes([len(data)]) + data
    return data


def test_size_is_bounded() -> None:
    assert tlv.parse(bytes(tlv.LARGEST)) == []
    error = raises(TlvError, tlv.parse, bytes(tlv.LARGEST + 1))
    assert str(error) == "1025 bytes are more than the 1024 that a card may answer"


def test_encode_uses_the_shortest_length() -> None:
    assert tlv.encode(0x9F02, unhexlify("000000000100")) == unhexlify("9F0206000000000100")
    assert tlv.encode(0x83, b"") == unhexlify("8300")
    for size, start in ((127, "DF81047F"), (128, "DF81048180"), (255, "DF810481FF"), (256, "DF8104820100")):
        assert tlv.encode(0xDF8104, bytes(size)) == unhexlify(start) + bytes(size)
    error = raises(TlvError, tlv.encode, 0x57, bytes(65536))
    assert str(error) == "tag 57: 65536 bytes are too many for one data object"


def test_every_truncation_is_refused() -> None:
    for length in range(2, len(PPSE) - 1):
        raises(TlvError, tlv.parse, PPSE[:length])


def test_the_printed_form_shows_no_value() -> None:
    assert repr(tlv.parse(unhexlify("57026212"))[0]) == "<Tlv 57 of 2 bytes>"
