"""What the terminal says of itself, and DE 55 put together from it and the card's answers."""

from binascii import hexlify, unhexlify

from agent.card import icc_data
from agent.card.terminal_values import TerminalValues
from agent.errors import AmountError, CardError
from tests.portable.helpers import raises

UNPREDICTABLE = unhexlify("A1B2C3D4")
TERMINAL = TerminalValues(12345, "156", "261123", UNPREDICTABLE, "JG-DEMO-0001", 42).by_tag
CARD = {
    0x9F26: unhexlify("1122334455667788"),
    0x9F27: unhexlify("80"),
    0x9F10: unhexlify("07010103A00000010A010000000000"),
    0x9F36: unhexlify("0102"),
    0x82: unhexlify("7C00"),
    0x84: unhexlify("A000000333010101"),
}
# In the order of published UnionPay sales, spelled out.
DE_55 = (
    "9F2608" "1122334455667788" "9F2701" "80" "9F100F" "07010103A00000010A010000000000" "9F3704" "A1B2C3D4"
    "9F3602" "0102" "9505" "0000000000" "9A03" "261123" "9C01" "00" "9F0206" "000000012345" "5F2A02" "0156"
    "8202" "7C00" "9F1A02" "0156" "9F0306" "000000000000" "9F3303" "002800" "9F3501" "22"
    "9F1E08" "44454D4F30303031" "8408" "A000000333010101" "9F0902" "0020" "9F4104" "00000042"
)  # fmt: skip


def hex_of(data: bytes) -> str:
    return hexlify(data).decode().upper()


def replaced(values: "dict[int, bytes]", tag: int, value: "bytes | None") -> "dict[int, bytes]":
    changed = dict(values)
    changed.pop(tag, None)
    if value is not None:
        changed[tag] = value
    return changed


def refusal(card: "dict[int, bytes]", terminal: "dict[int, bytes]") -> str:
    error = raises(CardError, icc_data.build, card, terminal)
    assert isinstance(error, CardError)
    assert error.code == "CARD_MALFORMED"
    return str(error)


def test_de_55_stands_in_the_published_order() -> None:
    assert hex_of(icc_data.build(CARD, TERMINAL)) == DE_55


def test_a_card_cannot_say_what_the_terminal_says() -> None:
    card = replaced(CARD, 0x9F02, unhexlify("000000000001"))
    assert hex_of(icc_data.build(card, TERMINAL)) == DE_55
    assert refusal(card, replaced(TERMINAL, 0x9F02, None)) == "the terminal gave no tag 9F02"


def test_each_missing_tag_is_named() -> None:
    for tag in CARD:
        assert refusal(replaced(CARD, tag, None), TERMINAL) == "the card gave no tag {:02X}".format(tag)


def test_each_wrong_length_is_named() -> None:
    for tag, size, problem in (
        (0x9F26, 7, "tag 9F26 of the card has 7 bytes, not 8"),
        (0x9F27, 2, "tag 9F27 of the card has 2 bytes, not 1"),
        (0x9F10, 0, "tag 9F10 of the card has 0 bytes, not 1 to 32"),
        (0x9F10, 33, "tag 9F10 of the card has 33 bytes, not 1 to 32"),
        (0x9F36, 3, "tag 9F36 of the card has 3 bytes, not 2"),
        (0x82, 1, "tag 82 of the card has 1 bytes, not 2"),
        (0x84, 4, "tag 84 of the card has 4 bytes, not 5 to 16"),
    ):
        assert refusal(replaced(CARD, tag, bytes(size)), TERMINAL) == problem
    assert len(icc_data.build(replaced(CARD, 0x9F10, bytes(32)), TERMINAL)) == len(DE_55) // 2 + 17


def test_the_cryptogram_type_that_the_card_says_counts() -> None:
    for said in ("00", "40", "80"):
        card = replaced(CARD, 0x9F27, unhexlify(said))
        assert icc_data.cryptogram_information(card, "Mastercard") == unhexlify(said)
    error = raises(CardError, icc_data.cryptogram_information, replaced(CARD, 0x9F27, b""), "Visa")
    assert str(error) == "tag 9F27 of the card has 0 bytes, not 1"


def test_the_cryptogram_type_is_derived_from_the_issuers_data() -> None:
    for scheme, issuer, derived in (
        ("UnionPay", "07010103A00000010A010000000000", "80"),
        ("UnionPay", "07010103900000010A010000000000", "40"),
        ("UnionPay", "07010103800000010A010000000000", "00"),
        ("UnionPay", "0701010320000001", "80"),
        ("Visa", "06010A03A00000", "80"),
        ("Visa", "06010A03900000", "40"),
        ("Visa", "06010A03B00000", "C0"),
        ("Visa", "1F220132A0" + "00" * 27, "80"),
        ("Visa", "1F22013280" + "00" * 27, "00"),
    ):
        card = {0x9F10: unhexlify(issuer)}
        assert hex_of(icc_data.cryptogram_information(card, scheme)) == derived, issuer


def test_the_cryptogram_type_is_not_guessed() -> None:
    for scheme, issuer in (
        ("Mastercard", "07010103A00000010A010000000000"),
        ("UnionPay", ""),
        ("UnionPay", "07010103A000"),
        ("UnionPay", "07010103A00000"),  # says 7 more bytes, has 6
        ("Visa", "06010A04A00000"),  # card verification results of another length
        ("Visa", "05010A03A00000"),
        ("Visa", "1F220132A0" + "00" * 26),
    ):
        error = raises(CardError, icc_data.cryptogram_information, {0x9F10: unhexlify(issuer)}, scheme)
        assert str(error) == "the card gave no tag 9F27, and its tag 9F10 does not tell it either", issuer


def test_the_terminal_asks_for_an_online_cryptogram_and_offers_no_pin() -> None:
    assert hex_of(TERMINAL[0x9F66]) == "22800000"
    assert hex_of(TERMINAL[0x9F33]) == "002800"
    assert hex_of(TERMINAL[0x9F34]) == "3F0000"
    assert hex_of(TERMINAL[0x9F35]) == "22"
    assert hex_of(TERMINAL[0x9F1A]) == "0156"


def test_amount_currency_date_and_counter_are_packed_digits() -> None:
    sale = TerminalValues(999999999999, "840", "261231", UNPREDICTABLE, "X", 99999999)
    values = sale.by_tag
    assert hex_of(values[0x9F02]) == "999999999999"
    assert hex_of(values[0x9F03]) == "000000000000"
    assert hex_of(values[0x5F2A]) == "0840"
    assert hex_of(values[0x9A]) == "261231"
    assert hex_of(values[0x9F41]) == "99999999"
    assert sale.month == "2612"


def test_the_device_serial_is_the_last_eight_letters_and_digits() -> None:
    for serial, packed in (
        ("JG-DEMO-0001", b"DEMO0001"),
        ("0001", b"00000001"),
        ("终端7", b"00000007"),
        ("ABCDEFGHIJ", b"CDEFGHIJ"),
    ):
        assert TerminalValues(1, "156", "261123", UNPREDICTABLE, serial, 1).by_tag[0x9F1E] == packed


def test_an_amount_out_of_range_is_refused() -> None:
    for amount in (0, -1, 10**12):
        error = raises(AmountError, TerminalValues, amount, "156", "261123", UNPREDICTABLE, "X", 1)
        assert str(error) == "amount {}: must be 1 to 999999999999 minor units".format(amount)


def test_other_values_out_of_range_are_refused() -> None:
    for currency, date, number, counter, problem in (
        ("CNY", "261123", UNPREDICTABLE, 1, "currency '0CNY': must be 4 digits"),
        ("15", "261123", UNPREDICTABLE, 1, "currency '015': must be 4 digits"),
        ("156", "20261123", UNPREDICTABLE, 1, "date '20261123': must be 6 digits"),
        ("156", "26-1-2", UNPREDICTABLE, 1, "date '26-1-2': must be 6 digits"),
        ("156", "261123", b"abc", 1, "the unpredictable number has 3 bytes, not 4"),
        ("156", "261123", UNPREDICTABLE, 10**8, "counter '100000000': must be 8 digits"),
        ("156", "261123", UNPREDICTABLE, -1, "counter '-0000001': must be 8 digits"),
    ):
        error = raises(ValueError, TerminalValues, 1, currency, date, number, "X", counter)
        assert str(error) == problem
