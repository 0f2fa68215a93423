"""Which applications of a card are tried, and in which order."""

from binascii import hexlify, unhexlify

from agent.card import aids, tlv
from agent.errors import CardError
from tests.portable.helpers import raises

UNIONPAY_DEBIT = "4F08A000000333010101"
UNIONPAY_CREDIT = "4F08A000000333010102"
VISA = "4F07A0000000031010"
MASTERCARD = "4F07A0000000041010"
TRANSIT = "4F09A00000063201010601"  # a Chinese transit application: none of ours


def directory(*entries: str) -> "list[tlv.Tlv]":
    inside = b"".join([tlv.encode(0x61, unhexlify(entry)) for entry in entries])
    fci = tlv.encode(0x84, b"2PAY.SYS.DDF01") + tlv.encode(0xA5, tlv.encode(0xBF0C, inside))
    return tlv.parse(tlv.encode(0x6F, fci))


def order(*entries: str) -> "list[str]":
    return ["{} {}".format(found.priority, found.scheme) for found in aids.candidates(directory(*entries))]


def test_every_scheme_of_the_table_is_taken() -> None:
    for aid, scheme in (
        ("A000000333010101", "UnionPay"),
        ("A000000333010102", "UnionPay"),
        ("A000000333010103", "UnionPay"),
        ("A000000333010106", "UnionPay"),
        ("A0000000031010", "Visa"),
        ("A0000000041010", "Mastercard"),
        ("A00000002501", "American Express"),
        ("A0000000651010", "JCB"),
        ("A0000001523010", "Discover"),
        ("A0000003241010", "Discover"),
        ("A0000006581010", "Mir"),
        ("A0000005241010", "RuPay"),
    ):
        found = aids.candidates(directory("4F{:02X}{}".format(len(aid) // 2, aid)))
        assert [(c.scheme, hexlify(c.aid).decode().upper()) for c in found] == [(scheme, aid)]


def test_the_lowest_priority_is_first_and_none_is_last() -> None:
    assert order(MASTERCARD, UNIONPAY_DEBIT + "870102", VISA + "870101") == ["1 Visa", "2 UnionPay", "0 Mastercard"]
    assert order(VISA + "870100", MASTERCARD + "87010F") == ["15 Mastercard", "0 Visa"]


def test_only_the_low_nibble_is_the_priority() -> None:
    assert order(VISA + "870181", UNIONPAY_DEBIT + "870102") == ["1 Visa", "2 UnionPay"]


def test_equals_stay_in_the_order_of_the_card() -> None:
    entries = [UNIONPAY_CREDIT, VISA, MASTERCARD, UNIONPAY_DEBIT]
    expected = ["UnionPay credit", "Visa", "Mastercard", "UnionPay debit"]
    for priority in ("", "870103"):
        found = aids.candidates(directory(*[entry + priority for entry in entries]))
        assert [candidate.label for candidate in found] == expected


def test_a_longer_name_of_the_card_is_kept_whole() -> None:
    found = aids.candidates(directory("4F09A0000000031010FFEE"))
    assert [(c.aid, c.scheme) for c in found] == [(unhexlify("A0000000031010FFEE"), "Visa")]


def test_a_shorter_name_of_the_card_is_not_ours() -> None:
    error = raises(CardError, aids.candidates, directory("4F06A00000000310"))
    assert isinstance(error, CardError)
    assert error.code == "CARD_NO_APPLICATION"


def test_the_label_is_shown_in_plain_ascii_and_else_the_schemes_name() -> None:
    found = aids.candidates(directory(VISA + "5004564953C1", UNIONPAY_DEBIT, MASTERCARD + "5011" + "41" * 17))
    assert [candidate.label for candidate in found] == ["VIS?", "UnionPay debit", "A" * 16]


def test_applications_of_others_are_passed_over_whatever_they_hold() -> None:
    assert order(TRANSIT + "87020000", VISA + "870102", "50025858", "4F02A000") == ["2 Visa"]


def test_other_data_of_the_directory_is_passed_over() -> None:
    fci = tlv.parse(unhexlify("6F12A510BF0C0D" + "9F4D0101" + "6107" + "4F05A000000065"))
    assert [candidate.scheme for candidate in aids.candidates(fci)] == ["JCB"]


def test_a_malformed_priority_of_ours_is_refused() -> None:
    error = raises(CardError, aids.candidates, directory(TRANSIT, VISA + "87020001"))
    assert isinstance(error, CardError)
    assert (error.code, str(error)) == ("CARD_MALFORMED", "directory entry 2: the priority (87) is not one byte")


def test_a_card_with_nothing_of_ours_has_no_application() -> None:
    for fci in (directory(), directory(TRANSIT)):
        error = raises(CardError, aids.candidates, fci)
        assert isinstance(error, CardError)
        assert error.code == "CARD_NO_APPLICATION"


def test_an_answer_without_a_directory_is_malformed() -> None:
    for data in ("", "6F00", "6F02A500", "7005A503BF0C00"):
        error = raises(CardError, aids.candidates, tlv.parse(unhexlify(data)))
        assert isinstance(error, CardError)
        assert error.code == "CARD_MALFORMED"
