"""Card number and track 2: what is taken, what is refused, and that neither shows itself."""

from binascii import unhexlify

from agent.card.pan import Pan
from agent.card.track2 import Track2
from agent.errors import CardError
from tests.portable.helpers import raises

UNIONPAY = "6212345678901232D29122010000012300000F"
MASKED = "621234******1232"


def track2(text: str) -> Track2:
    return Track2(unhexlify(text))


def refusal(text: str) -> str:
    error = raises(CardError, Track2, unhexlify(text))
    assert isinstance(error, CardError)
    assert error.code == "CARD_TRACK2"
    assert "621234" not in str(error)
    return str(error)


def test_track_2_gives_number_and_text_of_de_35() -> None:
    read = track2(UNIONPAY)
    assert read.reveal() == "6212345678901232D29122010000012300000"
    assert read.pan.reveal() == "6212345678901232"
    assert read.masked == read.pan.masked == MASKED


def test_track_2_may_fill_its_bytes_or_end_in_one_f() -> None:
    assert track2("4761739001010010D2912201").reveal() == "4761739001010010D2912201"
    assert track2("4761739001010010D29122010F").reveal() == "4761739001010010D29122010"


def test_neither_number_nor_track_2_shows_itself() -> None:
    read = track2(UNIONPAY)
    for shown in (
        str(read), repr(read), "{}".format(read), "%s" % read, "{!r}".format([read]),
        str(read.pan), repr(read.pan), "{}".format(read.pan), "%r" % read.pan, "{}".format({1: read.pan}),
    ):  # fmt: skip
        assert MASKED in shown
        assert "345678" not in shown
        assert "2912" not in shown


def test_secrets_are_not_compared_copied_or_stored() -> None:
    read = track2(UNIONPAY)
    assert read.pan != Pan("6212345678901232")
    assert read.pan != track2(UNIONPAY).pan
    assert str(raises(TypeError, read.__reduce__)) == "Track2 is card data: it is neither copied nor stored"
    assert str(raises(TypeError, read.pan.__reduce__)) == "Pan is card data: it is neither copied nor stored"


def test_card_numbers_of_every_scheme_pass_their_check_digit() -> None:
    for digits, masked in (
        ("6212345678901232", MASKED),
        ("6250947000000014", "625094******0014"),
        ("4761739001010010", "476173******0010"),
        ("4111111111111111", "411111******1111"),
        ("5413330089020011", "541333******0011"),
    ):
        pan = Pan(digits)
        assert (pan.reveal(), pan.masked, str(pan)) == (digits, masked, masked)


def test_card_numbers_of_12_to_19_digits_are_taken() -> None:
    assert Pan("0" * 12).masked == "000000**0000"
    assert Pan("0" * 19).masked == "000000*********0000"
    for length in (0, 11, 20):
        error = raises(CardError, Pan, "0" * length)
        assert str(error) == "the card number has {} digits, not 12 to 19".format(length)


def test_a_wrong_check_digit_or_swapped_neighbours_are_refused() -> None:
    good = "6212345678901232"
    for digits in (good[:-1] + "3", good[:-2] + "23", "26" + good[2:]):
        assert str(raises(CardError, Pan, digits)) == "the card number fails its check digit"
    assert str(raises(CardError, Pan, good[:-2] + "x2")) == "the card number holds something else than digits"


def test_malformed_track_2_is_refused_and_only_the_fault_is_named() -> None:
    for text, fault in (
        ("", "track 2 has 0 bytes, not 1 to 19"),
        ("00" * 20, "track 2 has 20 bytes, not 1 to 19"),
        ("6212345678901232", "track 2 has no separator behind the card number"),
        ("621234567890123" + "3D2912201", "the card number fails its check digit"),
        ("62123456789012A2D2912201", "the card number holds something else than digits"),
        ("D2912201", "the card number has 0 digits, not 12 to 19"),
        ("6212345678901232D291220F", "track 2 ends before its expiry and service code are complete"),
        ("6212345678901232DF", "track 2 ends before its expiry and service code are complete"),
        ("6212345678901232D2912201FF", "track 2 holds something else than digits behind the separator"),
        ("6212345678901232D29122010D", "track 2 holds something else than digits behind the separator"),
        ("6212345678901232D2913201", "the expiry of track 2 is no month"),
        ("6212345678901232D2900201", "the expiry of track 2 is no month"),
        ("6212345678901232D291220100000123000001", "track 2 has 38 characters, at most 37 are allowed"),
    ):
        assert refusal(text) == fault, text


def test_every_truncation_is_refused_or_still_holds_what_counts() -> None:
    value = unhexlify(UNIONPAY)
    for length in range(len(value)):
        if length < 12:
            raises(CardError, Track2, value[:length])
        else:
            assert Track2(value[:length]).pan.reveal() == "6212345678901232"


def test_a_card_is_good_to_the_end_of_its_month() -> None:
    read = track2(UNIONPAY)
    assert not read.is_expired("2911")
    assert not read.is_expired("2912")
    assert read.is_expired("3001")
    assert read.is_expired("4912")


def test_years_from_50_on_are_of_the_last_century() -> None:
    assert track2("6212345678901232D9912201").is_expired("0001")
    assert not track2("6212345678901232D0001201").is_expired("9912")
