"""The README's table of reasons says what the code says."""

from agent.binding import reasons
from tools.reason_table import README, placed, table


def test_the_readme_holds_the_table_that_the_code_makes() -> None:
    text = README.read_text(encoding="utf-8")
    assert placed(text) == text, "run `make reasons`"


def test_the_table_has_every_reason_once_in_the_order_of_asking() -> None:
    rows = [line.split("`")[1] for line in table().splitlines()[2:]]
    assert tuple(rows) == reasons.REFUSALS + reasons.WARNINGS
