"""The last guard: planted card data is found and masked, and what only looks a little like it passes."""

import binascii
import hashlib

from agent.redact import CARD_NUMBER, TRACK, Guard, leak_in, masked

# Published test cards, with the most that may be shown of them.
CARDS = (
    ("4111111111111111", "411111******1111"),
    ("4222222222222", "422222***2222"),
    ("5555555555554444", "555555******4444"),
    ("2223003122003222", "222300******3222"),
    ("6212345678901232", "621234******1232"),
    ("6250947000000014", "625094******0014"),
    ("378282246310005", "378282*****0005"),
    ("3530111333300000", "353011******0000"),
    ("6011111111111117", "601111******1117"),
    ("30569309025904", "305693****5904"),
    ("36006666333344", "360066****3344"),
)
UNIONPAY = "6212345678901232"


def test_a_card_number_is_found_wherever_it_stands_and_masked() -> None:
    for number, shown in CARDS:
        for text in ("{}", 'x {"card":"{}"}', "PAN={},", "{}\n", "(:{}:)", "a {} b", "card.{}"):
            before, after = text.split("{}", 1) if text.count("{}") == 1 else ("", "")
            data = (before + number + after).encode()
            leak = leak_in(data)
            assert leak is not None and leak.what == CARD_NUMBER, data
            assert masked(data) == (before + shown + after).encode()


def test_every_one_of_several_is_masked() -> None:
    text = " and ".join([number for number, _ in CARDS])
    assert masked(text.encode()).decode() == " and ".join([shown for _, shown in CARDS])


def test_a_track_is_found_and_nothing_of_it_stays() -> None:
    for text, shown in (
        ("6212345678901232=30122010123456789", "621234******1232******************"),
        ("6212345678901232D30122010123456789F", "621234******1232******************F"),
        ("5713 6212345678901232d3012201", "5713 621234******1232********"),
        ("57136212345678901232D3012201012345F9000", "5713621234******1232**************F9000"),
        ("%B4111111111111111^DOE/JOHN^30122010000?;x", "%B411111******1111*********************?;x"),
        ('"track":"B4111111111111111^DOE/JOHN^3012"', '"track":"B411111******1111' + "*" * 14 + '"'),
    ):
        leak = leak_in(text.encode())
        assert leak is not None and leak.what == TRACK, text
        assert masked(text.encode()).decode() == shown
        assert len(shown) == len(text)


def test_what_is_masked_is_let_out() -> None:
    for _, shown in CARDS:
        assert leak_in(shown.encode()) is None


def test_what_a_terminal_says_every_day_passes() -> None:
    for text in (
        "898350154110001",  # a merchant number
        "102581083986056",
        "310310053110007",
        "000000000123",  # a sequence
        '"counter":1795701554124',
        '"local_time":"20261126215907"',
        "2026-11-23T03:04:05.678Z",
        "0" * 64,
        "91350100M000100Y43",  # a unified social credit code
        "911101085923662400",  # one of digits alone
        "20261126000000017",  # a receipt number that begins with the day
        "0.4111111111111111",  # a share of something
        "123456781234567",
        "4111111111111112",  # the check digit is wrong
        "a4111111111111111",  # a part of something longer
        "4111111111111111b",
        "41111111111111110",
        "62123456789012320000",  # twenty digits
        "6212345678901232D3013201",  # no month: no track, and as a number it goes on
        "621234******1232",
        "",
    ):
        assert leak_in(text.encode()) is None, text
        assert masked(text.encode()).decode() == text


def test_merchant_numbers_times_and_counters_pass_although_their_check_digit_is_right() -> None:
    """One in ten is: a whole run of each shows that the check digit alone would not do."""
    for first in (898350154110000, 310350154110000, 102350154110000, 20261126215900, 1795701554000):
        for number in range(first, first + 300):
            assert leak_in(str(number).encode()) is None, number


def test_hashes_and_signatures_pass() -> None:
    for number in range(400):
        digest = binascii.hexlify(hashlib.sha256(str(number).encode()).digest())
        assert leak_in(digest) is None
        assert leak_in(digest[:32] + b" " + digest + digest) is None
    # Of the length of a hash, even what looks like a track has to pass: now and then one does.
    track = b"6212345678901232d3012201"
    assert leak_in(track) is not None
    for length in (32, 40, 64, 128):
        assert leak_in(b"a" * (length - len(track)) + track) is None
        assert leak_in(b"a" * (length - len(track) + 1) + track) is not None


def test_the_guard_counts_what_it_kept_back() -> None:
    guard = Guard()
    assert guard.objection(b"trace 000017") == ""
    assert guard.masked("trace 000017 茶") == "trace 000017 茶"
    assert guard.kept_back == 0
    assert guard.objection(UNIONPAY.encode()) == CARD_NUMBER
    assert guard.masked("茶 {} 茶".format(UNIONPAY)) == "茶 621234******1232 茶"
    assert guard.kept_back == 2
