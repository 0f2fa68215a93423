"""Messages to bytes and back, against bytes written by hand."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.adapters.iso8583.codec import decode, encode
from agent.errors import MessageError
from agent.messages import Message
from tests.agent.adapters.iso8583.conftest import assemble

PAN = "6212345678901232"
TRACK2 = PAN + "D3012201" + "0000000000000"  # 37 digits: an odd number

SALE = Message(
    "0200",
    {
        3: "000000",
        4: "000000001234",
        11: "000123",
        22: "071",
        23: "001",
        25: "00",
        35: TRACK2,
        41: "JG000001",
        42: "898210154110002",
        49: "156",
        55: bytes.fromhex("9F26081122334455667788"),
        60: "22000001000",
        64: b"07B372C8",
    },
)
SALE_BYTES = bytes.fromhex(
    "0200"
    "3020068020C08211"  # 3 4 | 11 | 22 23 | 25 | 35 | 41 42 | 49 55 | 60 64
    "000000"
    "000000001234"
    "000123"
    "0710"  # DE 22: three digits from the left
    "0001"  # DE 23: three digits to the right
    "00"
    "37" "6212345678901232D30122010000000000000" "0"  # DE 35: 37 digits and one nibble to fill the byte
    "4A47303030303031"
    "383938323130313534313130303032"
    "313536"
    "0011" "9F26081122334455667788"  # DE 55: its length counts bytes
    "0011" "22000001000" "0"  # DE 60: its length counts digits
    "3037423337324338"
)  # fmt: skip

REVERSAL = Message(
    "0400",
    {
        3: "000000",
        4: "000000001234",
        11: "000123",
        22: "072",
        25: "00",
        39: "98",
        41: "JG000001",
        42: "898210154110002",
        49: "156",
        60: "22000001000",
        61: "0000010001231123",
        64: b"00000000",
    },
)
REVERSAL_BYTES = bytes.fromhex(
    "0400"
    "3020048002C08019"  # 3 4 | 11 | 22 | 25 | 39 | 41 42 | 49 | 60 61 64
    "000000" "000000001234" "000123" "0720" "00" "3938"
    "4A47303030303031" "383938323130313534313130303032" "313536"
    "0011" "220000010000"
    "0016" "0000010001231123"  # DE 61: batch, trace, date
    "3030303030303030"
)  # fmt: skip

SIGN_ON = Message("0800", {11: "000001", 41: "JG000001", 42: "898210154110002", 60: "00000001003", 63: "01 "})
SIGN_ON_BYTES = bytes.fromhex(
    "0800" "0020000000C00012"  # 11 | 41 42 | 60 63
    "000001" "4A47303030303031" "383938323130313534313130303032"
    "0011" "000000010030"
    "0003" "303120"
)  # fmt: skip

SIGN_ON_ANSWER = Message(
    "0810",
    {
        11: "000001",
        12: "101112",
        13: "1123",
        32: "48221000",
        37: "112310111200",
        39: "00",
        41: "JG000001",
        42: "898210154110002",
        60: "00000001003",
        62: bytes(range(40)),
    },
)
SIGN_ON_ANSWER_BYTES = bytes.fromhex(
    "0810" "003800010AC00014"  # 11 12 13 | 32 | 37 39 | 41 42 | 60 62
    "000001" "101112" "1123" "08" "48221000"
    "313132333130313131323030" "3030" "4A47303030303031" "383938323130313534313130303032"
    "0011" "000000010030"
    "0040" "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F2021222324252627"
)  # fmt: skip

VECTORS = [
    pytest.param(SALE, SALE_BYTES, id="0200"),
    pytest.param(REVERSAL, REVERSAL_BYTES, id="0400"),
    pytest.param(SIGN_ON, SIGN_ON_BYTES, id="0800"),
    pytest.param(SIGN_ON_ANSWER, SIGN_ON_ANSWER_BYTES, id="0810"),
]


@pytest.mark.parametrize(("message", "body"), VECTORS)
def test_a_message_has_the_bytes_of_the_layout(message: Message, body: bytes) -> None:
    assert encode(message) == body
    decoded = decode(body)
    assert (decoded.mti, decoded.fields, decoded.authenticated) == (message.mti, message.fields, False)


def test_a_merchant_name_is_filled_up_in_bytes_of_gbk() -> None:
    body = encode(Message("0210", {43: "跳码守护 CAFE"}))
    assert body[10:] == "跳码守护 CAFE".encode("gbk") + b" " * 27
    assert decode(body).fields == {43: "跳码守护 CAFE"}
    assert decode(assemble("0210", {43: "20" * 40})).text(43) == ""


@pytest.mark.parametrize(
    ("number", "accepted", "refused", "reason"),
    [
        (2, PAN, "62123456789012320000", "20 nibbles"),
        (4, "000000001234", "00000001234", "11 nibbles"),
        (4, "000000001234", "00000000123A", "only digits"),
        (11, "000123", "٠٠٠١٢٣", "only digits"),
        (22, "071", "0710", "4 nibbles"),
        (22, "071", "71", "2 nibbles"),
        (23, "001", "0001", "4 nibbles"),
        (32, "48221000", "482210000000", "12 nibbles"),
        (35, TRACK2, TRACK2.replace("D", "="), "digits and D"),
        (35, TRACK2, TRACK2.replace("D", "d"), "digits and D"),
        (35, TRACK2, TRACK2 + "0", "38 nibbles"),
        (37, "112310111200", "11231011120", "11 bytes"),
        (41, "JG000001", "JG00001", "7 bytes"),
        (41, "JG000001", "JG0000\n1", "control"),
        (41, "JG000001", "JG00000é", "invalid data"),
        (43, "咖啡", "咖" * 21, "42 bytes"),
        (43, "咖啡", "☕\U0001f600", "invalid data"),
        (44, "4822100003080000", "4" * 26, "26 bytes"),
        (52, bytes(8), bytes(7), "7 bytes"),
        (55, bytes(999), bytes(1000), "1000 bytes"),
        (60, "22000001000", "2200000100 ", "only digits"),
        (62, bytes(40), "00" * 40, "bytes is needed"),
        (64, b"07B372C8", b"07B372C", "7 bytes"),
        (39, "00", b"00", "text is needed"),
    ],
)
def test_an_element_holds_what_the_layout_says(
    number: int, accepted: str | bytes, refused: str | bytes, reason: str
) -> None:
    assert decode(encode(Message("0200", {number: accepted}))).fields == {number: accepted}
    with pytest.raises(MessageError, match=f"DE {number} of 0200: .*{reason}") as error:
        encode(Message("0200", {number: refused}))
    assert str(refused) not in str(error.value)


@pytest.mark.parametrize("number", [0, 1, 5, 48, 65, 128])
def test_an_element_outside_the_layout_is_not_sent(number: int) -> None:
    with pytest.raises(MessageError, match=f"DE {number} of 0200 is not in the layout"):
        encode(Message("0200", {number: "0"}))


@pytest.mark.parametrize("mti", ["", "020", "02000", "02A0", "0２00"])
def test_a_message_type_is_four_digits(mti: str) -> None:
    assert encode(Message("0200", {}))[:2] == b"\x02\x00"
    with pytest.raises(MessageError, match="message type"):
        encode(Message(mti, {}))


@pytest.mark.parametrize(
    ("number", "accepted", "refused", "reason"),
    [
        (4, "000000001234", "00000000123A", "only digits"),
        (22, "0710", "0711", "nibbles"),
        (23, "0001", "1001", "nibbles"),
        (32, "0848221000", "1248221000000000", "12 nibbles, larger"),
        (32, "0748221000", "0748221001", "nibbles"),
        (32, "0848221000", "1A48221000", "BCD"),
        (35, "056212D0", "056212E0", "digits and D"),
        (39, "3030", "30B0", "invalid data"),
        (39, "3030", "300A", "control"),
        (39, "3030", "307F", "control"),
        (43, "BFA7" + "20" * 38, "20" * 39 + "BF", "invalid data"),
        (55, "0002FFFF", "1000" + "FF" * 1000, "1000 bytes, larger"),
        (55, "0002FFFF", "0003FFFF", "2 bytes, expecting 3"),
        (63, "0003303120", "0003303120FF", "extra data"),
    ],
)
def test_the_bytes_of_an_element_are_held_to_the_layout(number: int, accepted: str, refused: str, reason: str) -> None:
    body = assemble("0210", {number: accepted})
    assert encode(decode(body)) == body
    with pytest.raises(MessageError, match=f"DE {number} of 0210: .*{reason}"):
        decode(assemble("0210", {number: refused}))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("0A10 0000000000000000", "message type"),
        ("0210 8000000000000000", "second bitmap"),
        ("0210 0800000000000000 00", "DE 5 of 0210 is not in the layout"),
        ("0210 0020000000", "bitmap of 0210"),
        ("0210 0000000000000000 00", "extra data"),
    ],
)
def test_a_message_outside_the_layout_is_refused(body: str, reason: str) -> None:
    assert decode(bytes.fromhex("0210 0000000000000000")).fields == {}
    with pytest.raises(MessageError, match=reason):
        decode(bytes.fromhex(body))


@pytest.mark.parametrize(("message", "body"), VECTORS)
def test_a_message_cut_short_is_refused_at_every_byte(message: Message, body: bytes) -> None:
    for length in range(len(body)):
        with pytest.raises(MessageError):
            decode(body[:length])


@pytest.mark.parametrize(("message", "body"), VECTORS)
def test_a_flipped_bit_gives_another_message_or_a_message_error(message: Message, body: bytes) -> None:
    for position in range(8 * len(body)):
        flipped = bytearray(body)
        flipped[position // 8] ^= 0x80 >> position % 8
        try:
            decoded = decode(bytes(flipped))
        except MessageError:
            continue
        assert encode(decoded) == flipped


def test_an_error_carries_nothing_of_the_card() -> None:
    damaged = bytes(SALE_BYTES)[:-1]
    with pytest.raises(MessageError) as error:
        decode(damaged)
    assert not re.search(r"\d{6}", str(error.value))
    assert error.value.__context__ is None  # pyiso8583's error holds the decoded message
    with pytest.raises(MessageError) as error:
        encode(Message("0200", {35: TRACK2 + "0", 2: PAN}))
    assert PAN not in str(error.value)
    assert error.value.__context__ is None


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


def printable(length: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=length, max_size=length)


def up_to(length: int, *, chinese: bool = False) -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="gbk" if chinese else "ascii", exclude_categories=["Cc"]), max_size=length // 2)


FIXED_DIGITS = {3: 6, 4: 12, 11: 6, 12: 6, 13: 4, 14: 4, 15: 4, 22: 3, 23: 3, 25: 2, 26: 2, 53: 16}
FIXED_TEXT = {37: 12, 38: 6, 39: 2, 41: 8, 42: 15, 49: 3}
VALUES: dict[int, st.SearchStrategy[str] | st.SearchStrategy[bytes]] = {
    **{number: digits(size, size) for number, size in FIXED_DIGITS.items()},
    **{number: printable(size) for number, size in FIXED_TEXT.items()},
    2: digits(0, 19),
    32: digits(0, 11),
    35: st.text("0123456789D", max_size=37),
    36: st.text("0123456789D", max_size=104),
    43: up_to(40, chinese=True).map(lambda name: name.rstrip(" ")),
    44: up_to(25),
    52: st.binary(min_size=8, max_size=8),
    54: up_to(120),
    55: st.binary(max_size=255),
    60: digits(0, 30),
    61: digits(0, 30),
    62: st.binary(max_size=60),
    63: up_to(120, chinese=True),
    64: st.binary(min_size=8, max_size=8),
}


@given(st.integers(0, 9999).map("{:04d}".format), st.fixed_dictionaries({}, optional=VALUES))
def test_every_message_of_the_layout_comes_back(mti: str, fields: dict[int, str | bytes]) -> None:
    body = encode(Message(mti, fields))
    decoded = decode(body)
    assert (decoded.mti, decoded.fields) == (mti, fields)
    assert encode(decoded) == body


@given(st.binary(max_size=200), st.integers(0, len(SALE_BYTES)))
def test_any_bytes_are_a_message_or_a_message_error(noise: bytes, kept: int) -> None:
    body = SALE_BYTES[:kept] + noise
    try:
        decoded = decode(body)
    except MessageError:
        return
    assert encode(decoded) == body


def test_the_property_covers_the_whole_layout() -> None:
    accepted = []
    for number in range(2, 65):
        try:
            decode(assemble("0210", {number: ""}))
        except MessageError as error:
            if "not in the layout" in str(error):
                continue
        accepted.append(number)
    assert accepted == sorted(VALUES)
