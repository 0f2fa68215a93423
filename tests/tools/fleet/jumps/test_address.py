"""The address of the jumps page: what it says is shown again, and what it says wrongly is as usual."""

from dataclasses import fields
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from tools.fleet.jumps.steps import WORKFLOW
from tools.fleet.pages.jumps_address import Shown, read
from tools.fleet.views.jump_rates import BY
from tools.fleet.views.jumps import SORTS, Filters

NAMES = [each.name for each in fields(Filters)] + ["sort", "order", "page", "by"]
WORDS = (
    st.text()
    | st.sampled_from([*WORKFLOW, *SORTS, *BY, "yes", "rising", "2026-11-26", "9999-12-31", "0001-01-01"])
    | st.integers().map(str)
)


@given(st.dictionaries(st.sampled_from(NAMES), WORDS))
def test_whatever_is_asked_is_an_address_that_says_the_same(query: dict[str, str]) -> None:
    shown = read(query)
    assert shown.filters.workflow in ("", *WORKFLOW) and shown.page > 0
    assert read(dict(parse_qsl(urlsplit(shown.address()).query))) == shown


def test_days_are_those_of_the_merchants_and_both_of_them_are_meant() -> None:
    filters = read({"since": "2026-11-26", "until": "2026-11-26"}).filters
    assert (filters.since, filters.until) == ("2026-11-25T16:00:00.000Z", "2026-11-26T16:00:00.000Z")


def test_the_usual_has_a_short_address_and_another_filter_begins_at_the_first_page() -> None:
    assert Shown().address() == "/jumps"
    assert read({"page": "7"}).meaning(mid="898").address() == "/jumps?mid=898"
