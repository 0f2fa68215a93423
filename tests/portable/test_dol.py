"""Data object lists: EMV Book 3, 5.4, rule by rule."""

from binascii import hexlify, unhexlify

from agent.card import dol
from agent.errors import TlvError
from tests.portable.helpers import raises

VALUES = {
    0x9F02: unhexlify("000000012345"),  # n 12
    0x9F37: unhexlify("A1B2C3D4"),  # b
    0x9F1E: b"DEMO0001",  # an 8
    0x5A: unhexlify("6212345678901232"),  # cn
    0x9C: b"\x00",
}


def filled(text: str) -> str:
    return hexlify(dol.fill(unhexlify(text), VALUES)).decode().upper()


def test_a_list_is_read_in_order() -> None:
    assert dol.parse(unhexlify("9F66049F0206DF81020195055F2A02")) == [
        (0x9F66, 4), (0x9F02, 6), (0xDF8102, 1), (0x95, 5), (0x5F2A, 2)
    ]  # fmt: skip
    assert dol.parse(b"") == []


def test_values_follow_each_other_in_the_order_asked_for() -> None:
    assert filled("9F3704" + "9F0206" + "9C01") == "A1B2C3D4" + "000000012345" + "00"


def test_numbers_lose_or_gain_leading_digits() -> None:
    assert filled("9F0203") == "012345"
    assert filled("9F0208") == "0000000000012345"


def test_card_number_formats_gain_trailing_f_and_lose_trailing_digits() -> None:
    assert filled("5A0A") == "6212345678901232FFFF"
    assert filled("5A04") == "62123456"


def test_other_formats_gain_trailing_zeros_and_lose_trailing_bytes() -> None:
    assert filled("9F3706") == "A1B2C3D40000"
    assert filled("9F3702") == "A1B2"
    assert filled("9F1E04") == "44454D4F"


def test_an_unknown_tag_is_zeros() -> None:
    assert filled("9F7A01" + "DF600A") == "00" * 11


def test_a_length_of_zero_asks_for_nothing() -> None:
    assert filled("9F0200" + "9F3700" + "9C01") == "00"


def test_252_bytes_are_filled_and_253_refused() -> None:
    assert dol.fill(unhexlify("9F7AFA" + "9F3702"), VALUES) == bytes(250) + b"\xa1\xb2"
    error = raises(TlvError, dol.fill, unhexlify("9F7AFB" + "9F3702"), VALUES)
    assert str(error) == "data object list: 253 bytes are asked for, a command carries 252"


def test_a_cut_off_list_is_refused() -> None:
    assert str(raises(TlvError, dol.parse, unhexlify("9C019F02"))) == (
        "data object list: tag 9F02 at offset 2 has no length"
    )
    assert str(raises(TlvError, dol.parse, unhexlify("9C019F"))) == "offset 2: the tag is cut off"
    assert str(raises(TlvError, dol.parse, unhexlify("9C010001"))) == "offset 2: 00 is not a tag"
