"""Identifiers: each form accepted beside what looks like it."""

from agent.binding.identifiers import is_digits, is_licence, is_mid, is_serial, is_tid, is_uscc, mid_follows_pattern

NOT_TEXT = (None, 123456789012345, True, b"898210154110002", ["898210154110002"])


def test_digits_are_ascii_digits_of_the_lengths_allowed() -> None:
    for good in ("123", "00000000000", "1234"):
        assert is_digits(good, 3, 11), good
    for bad in ("12", "123456789012", "", "12a", "１２３", "١٢٣", "²²²", "-12", "1 2", " 123", "123\n"):
        assert not is_digits(bad, 3, 11), bad
    for other in NOT_TEXT:
        assert not is_digits(other, 0, 99), other


def test_a_mid_is_15_capitals_and_digits() -> None:
    for good in ("898210154110002", "850100082410002", "ABCDEFGHIJKLMNO"):
        assert is_mid(good), good
    for bad in ("89821015411000", "8982101541100022", "89821015411000a", "89821015411000２", "89821015411000-", ""):
        assert not is_mid(bad), bad
    for other in NOT_TEXT:
        assert not is_mid(other), other


def test_a_tid_is_8_capitals_and_digits() -> None:
    for good in ("50012345", "A1B2C3D4"):
        assert is_tid(good), good
    for bad in ("5001234", "500123456", "5001234a", "5001234５", "5001 345", ""):
        assert not is_tid(bad), bad
    for other in NOT_TEXT:
        assert not is_tid(other), other


def test_a_serial_is_a_topic_segment_too() -> None:
    for good in ("JG-DEMO-0001", "ABCD", "0" * 32):
        assert is_serial(good), good
    for bad in (
        "ABC",
        "0" * 33,
        "jg-demo-0001",
        "JG/DEMO",
        "JG+DEMO",
        "JG#DEMO",
        "JG.DEMO",
        "JG DEMO",
        "JG_DEMO",
        "终端0001",
    ):
        assert not is_serial(bad), bad
    for other in NOT_TEXT:
        assert not is_serial(other), other


def test_a_uscc_has_a_right_check_character() -> None:
    assert is_uscc("91350100M000100Y43")
    for bad in (
        "91350100M000100Y4A", "91350100M000100Y4", "91350100M000100Y433", "9135O100M000100Y43", "91350100m000100y43",
        "９1350100M000100Y43", "91350100I000100Y43", "",
    ):  # fmt: skip
        assert not is_uscc(bad), bad
    for other in NOT_TEXT:
        assert not is_uscc(other), other


def test_every_single_change_of_a_uscc_is_noticed() -> None:
    right = "91350100M000100Y43"
    for place in range(18):
        for character in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            changed = right[:place] + character + right[place + 1 :]
            assert is_uscc(changed) == (changed == right), changed


def test_a_uscc_that_begins_with_a_letter_is_taken() -> None:
    assert [is_uscc("A135010000000000" + tail) for tail in all_tails()].count(True) == 31


def all_tails() -> "list[str]":
    """A 17th character and each check character that may follow it: exactly one is right."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    return [first + last for first in alphabet for last in alphabet]


def test_a_licence_number_has_a_right_check_digit() -> None:
    for good in ("110108000000016", "440106000123454"):
        assert is_licence(good), good
    for bad in (
        "11010800000001", "1101080000000166", "110108000000017", "11010800000001６", "11010800000001X",
        "91350100M000100Y43", "",
    ):  # fmt: skip
        assert not is_licence(bad), bad
    for other in NOT_TEXT:
        assert not is_licence(other), other


def test_every_single_change_of_a_licence_number_is_noticed() -> None:
    right = "110108000000016"
    for place in range(15):
        for character in "0123456789":
            changed = right[:place] + character + right[place + 1 :]
            assert is_licence(changed) == (changed == right), changed


def test_the_pattern_of_a_mid_shows_its_mcc() -> None:
    assert mid_follows_pattern("898210154110002", "5411")
    for mid, mcc in (("898210154110002", "5412"), ("850100082410002", "5411"), ("89821A154110002", "5411")):
        assert not mid_follows_pattern(mid, mcc), (mid, mcc)
