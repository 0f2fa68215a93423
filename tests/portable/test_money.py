"""Amounts: plain decimals and nothing that looks like one."""

from agent.errors import AmountError
from agent.sale.money import CURRENCIES, major_units, minor_units, numeric_currency
from tests.portable.helpers import raises


def test_plain_decimals_become_minor_units() -> None:
    for text, minor in (
        ("12.50", 1250), ("12.5", 1250), ("12", 1200), ("0.01", 1), ("0.1", 10), ("0.10", 10), ("00012.50", 1250),
        ("9999999999.99", 999_999_999_999), ("1", 100), ("100000000", 10_000_000_000),
    ):  # fmt: skip
        assert minor_units(text) == minor, text
    assert minor_units("12", 0) == 12
    assert minor_units("1.234", 3) == 1234


def test_everything_else_is_refused() -> None:
    for text in (
        "", " ", "1e3", "1E3", "１２.50", "12.５0", "-1", "+1", " 1", "1 ", "1\n", "1,000", "1.000.00", ".5", "1.",
        ".", "1..5", "0x10", "1_000", "inf", "nan", "一", "12.345", "0", "0.0", "0.00", "000", "10000000000.00",
        "1" * 11, "9" * 5000, "1/2", "12.5a", "²",
    ):  # fmt: skip
        raises(AmountError, minor_units, text)
    for other in (None, 12, 12.5, True, b"12.50", ["12.50"]):
        raises(AmountError, minor_units, other)
    raises(AmountError, minor_units, "1.0", 0)


def test_an_error_names_what_is_wrong() -> None:
    assert str(raises(AmountError, minor_units, "1e3")) == "amount: '1e3' is not a plain decimal such as '12.50'"
    assert str(raises(AmountError, minor_units, "12.345")) == "amount: '12.345' has more than 2 decimals"
    assert str(raises(AmountError, minor_units, "0.00")) == "amount: '0.00' is not more than zero"
    assert str(raises(AmountError, minor_units, "12345678901.00")) == "amount: more than 12 digits"
    assert len(str(raises(AmountError, minor_units, "x" * 10_000))) < 100


def test_an_error_shows_no_card_number_that_a_till_wrote_for_an_amount() -> None:
    for text in ("6212345678901232", "6212 3456 7890 1232", "-6212345678901232", "62123456789012.321"):
        assert "345678" not in str(raises(AmountError, minor_units, text)), text
    assert str(raises(AmountError, minor_units, 6212345678901232)) == "amount: int is not text such as '12.50'"
    refused = str(raises(AmountError, numeric_currency, "6212345678901232"))
    assert refused == "currency: '621234'... is not one of {}".format(", ".join(sorted(CURRENCIES)))


def test_minor_units_are_written_as_a_till_writes_them() -> None:
    for minor, text in ((1, "0.01"), (10, "0.10"), (1250, "12.50"), (0, "0.00"), (999_999_999_999, "9999999999.99")):
        assert major_units(minor) == text
    for text in ("0.01", "12.50", "9999999999.99"):
        assert major_units(minor_units(text)) == text


def test_currencies_of_two_decimals_are_known_by_their_letters() -> None:
    for letters, number in (("CNY", "156"), ("HKD", "344"), ("USD", "840")):
        assert numeric_currency(letters) == number
    for code in ("JPY", "cny", "156", "", "CNY ", None, 156):
        assert "not one of CNY" in str(raises(AmountError, numeric_currency, code))
