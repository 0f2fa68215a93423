"""What the gate only warns of: the sale is approved, and the till hears it."""

from pathlib import Path

import pytest

from agent.binding import reasons
from tests.refusals import bindings, files
from tests.refusals.counter import Cause, Counter, assert_sold

WARNED: list[tuple[str, Cause]] = [
    (reasons.HIGH_WATER_BEHIND, files.mark_left_behind),
    (reasons.CLOCK_UNSYNCED, files.clock_mark(Path.unlink)),
    (reasons.MID_PATTERN, bindings.bound(mcc="5812")),
]


def test_every_warning_has_a_cause() -> None:
    assert tuple(code for code, _ in WARNED) == reasons.WARNINGS


@pytest.mark.parametrize(("code", "cause"), WARNED)
def test_the_sale_is_approved_and_the_till_hears_the_warning_while_its_cause_lasts(
    counter: Counter, code: str, cause: Cause
) -> None:
    with cause(counter):
        sale = counter.sell()
        assert_sold(sale)
        assert sale.response["AdditionalResponse"] == f"00 {code}"
        assert sale.entries[0].body["warnings"] == [code]
    afterwards = counter.sell()
    assert_sold(afterwards)
    assert afterwards.response["AdditionalResponse"] == "00"


def test_warnings_add_up_and_go_with_a_refusal_too(counter: Counter) -> None:
    with bindings.bound(mcc="5812")(counter), files.clock_mark(Path.unlink)(counter):
        assert counter.sell().response["AdditionalResponse"] == "00 CLOCK_UNSYNCED MID_PATTERN"
        refused = counter.sell("1000.01")
    assert refused.response["AdditionalResponse"] == "AMOUNT_OVER_LIMIT CLOCK_UNSYNCED MID_PATTERN"
    assert refused.apdus == 0
