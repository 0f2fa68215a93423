import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.acquirer import wire
from tools.acquirer.wire import ELEMENTS, Element, Kind, Message, Value
from tools.errors import WireError

# Written out by hand from the layout, element by element.
SALE = (
    "0200"
    "302006 8020C08211"  # 3 4 | 11 | 22 23 | 25 | 35 | 41 42 | 49 55 | 60 64
    "000000"  # 3
    "000000012345"  # 4
    "000042"  # 11
    "0710"  # 22, left
    "0001"  # 23, right
    "00"  # 25
    "25 6212345678901232D301220100"  # 35, 25 digits and a filler behind
    "3130303030303031"  # 41
    "383938333530313534313130303031"  # 42
    "313536"  # 49
    "0004 9F270180"  # 55, length in bytes
    "0011 220000010000"  # 60, 11 digits and a filler behind
    "3031323334353637"  # 64
)
SALE_FIELDS: dict[int, Value] = {
    3: "000000", 4: "000000012345", 11: "000042", 22: "071", 23: "001", 25: "00", 35: "6212345678901232D30122010",
    41: "10000001", 42: "898350154110001", 49: "156", 55: bytes.fromhex("9F270180"), 60: "22000001000",
    64: b"01234567",
}  # fmt: skip
SALE_ANSWER = (
    "0210"
    "0038000106F00010"  # 11 12 13 | 32 | 38 39 | 41 42 43 44 | 60; 37 is left out
    "000042"  # 11
    "235959"  # 12
    "1231"  # 13
    "03 8980"  # 32, 3 digits and a filler behind
    "413132333435"  # 38
    "3030"  # 39
    "3130303030303031"
    "383938333530313534313130303031"
    "B5BAB2E8" + "20" * 36 +  # 43, GBK and spaces
    "02 4142"  # 44, length in bytes
    "0000"  # 60, empty
)  # fmt: skip
SALE_ANSWER_FIELDS: dict[int, Value] = {
    11: "000042", 12: "235959", 13: "1231", 32: "898", 38: "A12345", 39: "00", 41: "10000001",
    42: "898350154110001", 43: "岛茶", 44: "AB", 60: "",
}  # fmt: skip
REVERSAL_TAIL = (
    "0400"
    "500000001000000A"  # 2 4 | 36 | 61 63
    "16 4111111111111111"  # 2
    "000000000001"  # 4
    "0005 12D450"  # 36
    "0016 0000010000421123"  # 61
    "0003 303120"  # 63
)
REVERSAL_TAIL_FIELDS: dict[int, Value] = {
    2: "4111111111111111", 4: "000000000001", 36: "12D45", 61: "0000010000421123", 63: "01 ",
}  # fmt: skip

VECTORS = [
    (SALE, "0200", SALE_FIELDS),
    (SALE_ANSWER, "0210", SALE_ANSWER_FIELDS),
    (REVERSAL_TAIL, "0400", REVERSAL_TAIL_FIELDS),
]


@pytest.mark.parametrize(("text", "mti", "fields"), VECTORS)
def test_a_message_has_the_bytes_of_the_layout_both_ways(text: str, mti: str, fields: dict[int, Value]) -> None:
    data = bytes.fromhex(text)
    assert wire.encode(Message(mti, fields)) == data
    decoded = wire.decode(data)
    assert (decoded.mti, decoded.fields) == (mti, fields)


def texts(charset: str, size: int) -> st.SearchStrategy[str]:
    alphabet = "AZaz09 -/" if charset == "ascii" else "Aa9 茶岛店　（）"
    return st.text(alphabet, max_size=size).filter(lambda text: len(text.encode(charset)) <= size)


def values(element: Element) -> st.SearchStrategy[Value]:
    least = 0 if element.prefix else element.size
    most = min(element.size, max(least, 50))
    if element.kind is Kind.BINARY:
        return st.binary(min_size=least, max_size=most)
    if element.kind is Kind.NUMBER:
        return st.text("0123456789", min_size=least, max_size=most)
    if element.kind is Kind.TRACK:
        return st.text("0123456789D", min_size=least, max_size=most)
    if element.prefix:
        return texts("gbk" if element.kind is Kind.GBK else "ascii", most)
    if element.padded:
        return texts("gbk", most).map(str.rstrip)
    return st.text("AZaz09 -/", min_size=least, max_size=most)


MESSAGES = st.builds(
    Message,
    st.text("0123456789", min_size=4, max_size=4),
    st.fixed_dictionaries({}, optional={number: values(element) for number, element in ELEMENTS.items()}),
)


@settings(max_examples=150, deadline=None)
@given(MESSAGES)
def test_every_message_comes_back_as_it_went(message: Message) -> None:
    decoded = wire.decode(wire.encode(message))
    assert (decoded.mti, decoded.fields) == (message.mti, message.fields)


@settings(max_examples=200, deadline=None)
@given(MESSAGES, st.data())
def test_bytes_that_decode_encode_to_the_same_bytes_and_others_are_refused(
    message: Message, data: st.DataObject
) -> None:
    altered = bytearray(wire.encode(message))
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        decoded = wire.decode(bytes(altered))
    except WireError as error:
        assert error.reason
    else:
        assert wire.encode(decoded) == bytes(altered)


ENCODING = [
    ("0200", {32: "12345678901"}, None),
    ("0200", {32: "123456789012"}, "length"),
    ("0200", {3: "000000"}, None),
    ("0200", {3: "00000"}, "length"),
    ("0200", {3: "00000A"}, "bcd"),
    ("0200", {3: "00000٣"}, "bcd"),
    ("0200", {35: "1D2"}, None),
    ("0200", {35: "1=2"}, "bcd"),
    ("0200", {41: "10000001"}, None),
    ("0200", {41: "1000001"}, "length"),
    ("0200", {41: "1000000茶"}, "text"),
    ("0200", {41: "1000000\n"}, "text"),
    ("0200", {43: "茶" * 20}, None),
    ("0200", {43: "茶" * 21}, "length"),
    ("0200", {43: "tea "}, "text"),
    ("0200", {43: "ไทย"}, "text"),
    ("0200", {55: b"\x9f"}, None),
    ("0200", {55: "9F"}, "type"),
    ("0200", {4: b"\x00" * 6}, "type"),
    ("0200", {1: "0"}, "unknown_element"),
    ("0200", {128: "0"}, "unknown_element"),
    ("200", {}, "mti"),
    ("02A0", {}, "mti"),
]


@pytest.mark.parametrize(("mti", "fields", "reason"), ENCODING)
def test_only_values_of_the_layout_are_encoded(mti: str, fields: dict[int, Value], reason: str | None) -> None:
    if reason is None:
        assert wire.decode(wire.encode(Message(mti, fields))).fields == fields
    else:
        with pytest.raises(WireError) as caught:
            wire.encode(Message(mti, fields))
        assert caught.value.reason == reason


NONE, BIT_3, BIT_22, BIT_32, BIT_35, BIT_39, BIT_43 = (
    "0000000000000000", "2000000000000000", "0000040000000000", "0000000100000000", "0000000020000000",
    "0000000002000000", "0000000000200000",
)  # fmt: skip
DECODING = [
    ("0200" + NONE, None),
    ("020F" + NONE, "mti"),
    ("02", "truncated"),
    ("02A0" + NONE, "mti"),
    ("0200" + NONE[:-2], "truncated"),
    ("0200" + NONE + "00", "trailing"),
    ("0200" + "80" + NONE[2:], "unknown_element"),  # a second bitmap
    ("0200" + "04" + NONE[2:], "unknown_element"),  # DE 6
    ("0200" + BIT_3 + "123456", None),
    ("0200" + BIT_3 + "1234", "truncated"),
    ("0200" + BIT_3 + "12345A", "bcd"),
    ("0200" + BIT_22 + "0710", None),
    ("0200" + BIT_22 + "0071", "padding"),
    ("0200" + BIT_32 + "038980", None),
    ("0200" + BIT_32 + "03898F", "padding"),
    ("0200" + BIT_32 + "12123456789012", "length"),
    ("0200" + BIT_32 + "0A1234567890", "length"),
    ("0200" + BIT_32 + "03", "truncated"),
    ("0200" + BIT_35 + "0462D3", None),
    ("0200" + BIT_35 + "0562D3", "truncated"),
    ("0200" + BIT_35 + "0362D3", "padding"),
    ("0200" + BIT_35 + "0362D0", None),
    ("0200" + BIT_35 + "0362E0", "bcd"),
    ("0200" + BIT_39 + "3030", None),
    ("0200" + BIT_39 + "30C0", "text"),
    ("0200" + BIT_39 + "300A", "text"),
    ("0200" + BIT_43 + "B5BA" + "20" * 38, None),
    ("0200" + BIT_43 + "20" * 39 + "B5", "text"),
]


@pytest.mark.parametrize(("text", "reason"), DECODING)
def test_only_bytes_of_the_layout_are_decoded(text: str, reason: str | None) -> None:
    data = bytes.fromhex(text)
    if reason is None:
        assert wire.encode(wire.decode(data)) == data
    else:
        with pytest.raises(WireError) as caught:
            wire.decode(data)
        assert caught.value.reason == reason


def test_neither_a_message_nor_an_error_shows_card_data() -> None:
    message = Message("0200", {35: "6212345678901232D3012"})
    assert repr(message) == "<Message 0200 [35]>"
    with pytest.raises(WireError) as caught:
        wire.encode(Message("0200", {2: "6212345678901232X"}))
    assert "621234" not in str(caught.value)
