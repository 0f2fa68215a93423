"""ISO 8583 messages: found whatever stands around them, explained part by part, and back again byte for byte."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioning import texts
from tests.tools.acquirer.test_wire import MESSAGES
from tests.tools.decode.samples import (
    HEADER,
    ICC_DATA,
    PAN,
    REAL_TYPES,
    SALE,
    TPDU,
    everything_shown,
    framed,
    messages_with_cards,
    printed,
)
from tests.tools.decode.samples import SECRETS as CARDS
from tools.acquirer import wire
from tools.acquirer.wire import ELEMENTS, Kind, Message, Value
from tools.decode.elements import NAMES
from tools.decode.errors import DecodeError
from tools.decode.message import decode
from tools.decode.parts import Part, from_hex
from tools.decode.split import split

GOLDEN = Path(__file__).parent / "sale.txt"


def parts_of(message: Message) -> dict[str, Part]:
    """All parts of a decoded message by their keys."""
    found: dict[str, Part] = {}

    def take(parts: tuple[Part, ...]) -> None:
        for part in parts:
            found[part.key] = part
            take(part.parts)

    take(tuple(decode(framed(message)).parts))
    return found


def assert_comes_back(data: bytes) -> None:
    """The parts cover `data` without a gap, and their values encode to the same bytes."""
    found = split(data)
    assert found.problem is None, found.problem
    front = found.length + found.tpdu + found.header
    assert front + found.mti + found.bitmap + b"".join(one.raw for one in found.fields) == data
    message = Message(found.mti_text, {one.number: one.value for one in found.fields})
    assert front + wire.encode(message) == data


def test_a_sale_reads_like_this() -> None:
    assert printed(decode(framed(SALE))) == GOLDEN.read_text(encoding="utf-8")


def test_every_element_of_the_layout_has_a_name() -> None:
    assert set(NAMES) == set(ELEMENTS)


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
@example(Message("6000", {37: "000000000000"}))  # begins as a TPDU does
def test_any_message_decodes_and_encodes_back_byte_for_byte(message: Message) -> None:
    assert_comes_back(wire.encode(message))


@settings(max_examples=100, deadline=None)
@given(REAL_TYPES, st.booleans(), st.booleans(), st.booleans())
def test_what_stands_in_front_of_a_message_is_found(message: Message, length: bool, tpdu: bool, header: bool) -> None:
    data = (TPDU if tpdu else b"") + (HEADER if header else b"") + wire.encode(message)
    data = len(data).to_bytes(2, "big") * length + data
    assert_comes_back(data)
    found = split(data)
    assert (bool(found.length), bool(found.tpdu), bool(found.header)) == (length, tpdu, header)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_decode_or_a_clean_error(data: bytes) -> None:
    try:
        everything_shown(decode(data))
    except DecodeError as error:
        assert "hold no message" in str(error)


@settings(max_examples=60, deadline=None)
@given(messages_with_cards())
def test_no_card_number_is_ever_shown(message: Message) -> None:
    assert CARDS.find(everything_shown(decode(framed(message)))) == []


@settings(max_examples=60, deadline=None)
@given(messages_with_cards(), st.data())
def test_a_damaged_message_gives_no_other_exception_and_no_card_number(message: Message, data: st.DataObject) -> None:
    damaged = bytearray(framed(message))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    try:
        shown = everything_shown(decode(cut))
    except DecodeError as error:
        shown = str(error).encode()
    assert CARDS.find(shown) == []


@pytest.mark.parametrize(
    ("number", "value", "raw"),
    [
        (2, PAN, "16621234******1232"),
        (2, f"{PAN}5", "17621234*******23250"),
        (14, "2912", "****"),
        (35, f"{PAN}D29122011", "25621234******1232D********0"),
        (35, "621234567890", "12************"),
        (36, "12D45", "0005*****0"),
        (52, bytes(8), "*" * 16),
        (63, PAN, "0016363231323334************31323332"),
        (22, "071", "0710"),
        (23, "001", "0001"),
        (43, "岛茶", "B5BAB2E8" + "20" * 36),
    ],
)
def test_the_bytes_of_an_element_hide_what_its_value_hides(number: int, value: Value, raw: str) -> None:
    part = parts_of(Message("0200", {number: value}))[f"DE {number}"]
    assert part.raw == raw
    assert part.raw.count("*") == (2 if ELEMENTS[number].kind is Kind.GBK else 1) * part.value.count("*")


@pytest.mark.parametrize(
    ("mti", "fields", "key", "meaning"),
    [
        ("0200", {4: "000000012345", 49: "156"}, "DE 4", "123.45 CNY"),
        ("0200", {4: "000000012345", 49: "392"}, "DE 4", "12,345 JPY"),
        ("0200", {4: "000000012345"}, "DE 4", "123.45"),
        ("0200", {3: "310000"}, "DE 3", "balance inquiry"),
        ("0200", {3: "990000"}, "DE 3", "not a code known here"),
        ("0200", {22: "051"}, "DE 22", "chip, contact; with PIN"),
        ("0210", {39: "97"}, "DE 39", "terminal not registered at the acquirer"),
        ("0210", {39: "A0"}, "DE 39", "MAC error: sign on again"),
        ("0400", {39: "98"}, "DE 39", "reason of the reversal: no answer came in time"),
        ("0200", {60: "22000001000"}, "60.1", "sale"),
        ("0800", {60: "00000001003"}, "60.3", "sign-on, double-length working keys"),
        ("0200", {60: "22000001000600"}, "60.4", "contactless chip as well"),
        ("0400", {61: "0000010000421123"}, "61.2", ""),
        ("0200", {64: b"1A2B3C4D"}, "DE 64", '"1A2B3C4D": over message type to the element before'),
        ("0200", {64: b"\x01" * 8}, "DE 64", "over message type to the element before"),
        ("0200", {55: ICC_DATA}, "9F27", "ARQC: to be authorised online"),
    ],
)
def test_values_are_explained(mti: str, fields: dict[int, Value], key: str, meaning: str) -> None:
    said = parts_of(Message(mti, fields))[key].meaning
    assert said.startswith(meaning) and bool(said) == bool(meaning)


def test_the_original_of_a_reversal_is_taken_apart() -> None:
    parts = parts_of(Message("0400", {61: "0000010000421123"}))
    assert [parts[key].value for key in ("61.1", "61.2", "61.3")] == ["000001", "000042", "1123"]


def test_the_header_says_what_the_acquirer_asks() -> None:
    header = bytes.fromhex("603103310000")
    (part,) = (part for part in decode(framed(SALE, header=header)).parts if part.key == "header")
    assert [(one.key, one.value) for one in part.parts] == [
        ("class", "60"), ("version", "31"), ("state", "0"), ("request", "3"), ("sub", "310000"),
    ]  # fmt: skip
    assert part.parts[3].meaning == "sign on again"


@pytest.mark.parametrize(("size", "keys"), [(24, 2), (40, 2), (60, 3)])
def test_the_keys_of_a_sign_on_are_blocks_with_check_values(size: int, keys: int) -> None:
    block = bytes(range(0x80, 0x80 + size))
    part = parts_of(Message("0810", {62: block}))["DE 62"]
    assert len(part.parts) == 2 * keys
    assert "".join(one.value for one in part.parts) == block.hex().upper()
    assert {len(one.value) for one in part.parts[1::2]} == {8}


@pytest.mark.parametrize(("mti", "size"), [("0810", 41), ("0200", 40)])
def test_other_bytes_in_de_62_are_no_keys(mti: str, size: int) -> None:
    assert parts_of(Message(mti, {62: b"\x80" * size}))["DE 62"].parts == ()


WHOLE = framed(SALE).hex()
BARE = wire.encode(SALE).hex()


@pytest.mark.parametrize(
    ("text", "keys", "problem"),
    [
        (WHOLE, 18, None),
        (WHOLE[:-2], 17, "DE 64 at byte 231: it needs 8 bytes, 7 are left"),
        ("0000" + WHOLE[4:], 18, "length at byte 0: it says 0 bytes, 237 follow"),
        (WHOLE + "00", 18, "end at byte 239: bytes behind the last element: 1"),
        (BARE, 15, None),
        ("0200" + "04" + "00" * 7 + "00", 2, "DE 6 at byte 10: it is set in the bitmap, but not in the layout"),
        ("0200" + "30" + "00" * 7 + "000000" + "00000000012A", 3, "DE 4 at byte 13: it holds something else"),
        ("0200" + "0000000100000000" + "0A00", 2, "DE 32 at byte 10: its length is not BCD digits"),
        ("0200" + "0000000100000000" + "12123456789012", 2, "DE 32 at byte 10: its length says 12, the layout allows"),
        ("0200" + "0000000100000000" + "0389 8F", 2, "DE 32 at byte 10: the filler nibble"),
        ("0200" + "0000000002000000" + "300A", 2, "DE 39 at byte 10: it is not text"),
        ("0200" + "0000000000000200" + "0004 9F270280", 3, "DE 55, 9F27 at byte 12: its length says 2"),
        ("6000030000" + "60310A310000" + BARE, 4, "header at byte 5: it is not BCD digits"),
        ("02AA" + "00" * 8, 2, "MTI at byte 0: it is not BCD digits"),
    ],
)
def test_what_was_understood_is_shown_up_to_the_fault(text: str, keys: int, problem: str | None) -> None:
    decoded = decode(from_hex(text))
    assert str(decoded.problem).startswith(str(problem))
    assert len(decoded.parts) == keys


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing to decode"),
        ("0200 3g", "character 6 is not a hexadecimal digit"),
        ("020", "3 hexadecimal digits are no whole bytes"),
        ("00" * 4097, "4097 bytes are more than the 4096"),
    ],
)
def test_what_is_not_hexadecimal_is_refused(text: str, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        from_hex(text)


def test_hexadecimal_may_hold_white_space() -> None:
    assert from_hex(" 02 00\n7f\t") == b"\x02\x00\x7f"


@pytest.mark.parametrize("text", ["02", "0200302006802080821"])
def test_too_few_bytes_hold_no_message(text: str) -> None:
    with pytest.raises(DecodeError, match="hold no message"):
        decode(bytes.fromhex(text[: len(text) // 2 * 2]))


def test_chinese_is_spoken_too() -> None:
    try:
        texts.use(texts.CHINESE)
        text = printed(decode(framed(SALE)))
    finally:
        texts.use(texts.ENGLISH)
    assert "二磁道" in text and "消费" in text and "Track 2" not in text
