"""Whatever a till writes as an amount or a currency: whole minor units, or an AmountError that shows no card data."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from agent.errors import AmountError
from agent.sale.money import CURRENCIES, LONGEST, major_units, minor_units, numeric_currency
from tests.leaks.strategies import CARD_TEXTS, JSON, shows_no_card

# Digits of every script, and all that a number may be written with.
NUMERIC = st.text(st.sampled_from("0123456789.,+-eE_ xX%¥") | st.characters(categories=["Nd", "Zs"]), max_size=20)


@given(NUMERIC | st.text() | CARD_TEXTS | JSON)
@example("1e3")
@example("１２.５０")
@example("9" * 5000)
def test_any_amount_is_minor_units_or_an_amount_error(written: object) -> None:
    try:
        amount = minor_units(written)
    except AmountError as error:
        assert str(error).startswith("amount: ") and len(str(error)) < 200
        assert shows_no_card(error)
        return
    assert isinstance(written, str) and not set(written) - set("0123456789.")
    assert 1 <= amount < 10**LONGEST
    assert Decimal(amount) == Decimal(written) * 100


@given(st.integers(1, 10**LONGEST - 1))
def test_every_amount_comes_back(amount: int) -> None:
    assert minor_units(major_units(amount)) == amount


@given(st.text() | CARD_TEXTS | JSON)
def test_any_currency_is_known_or_an_amount_error(written: object) -> None:
    try:
        assert numeric_currency(written) == CURRENCIES[str(written)]
    except AmountError as error:
        assert str(error).startswith("currency: ") and len(str(error)) < 200
        assert shows_no_card(error)
