"""The README's tables of reasons say what the code says."""

import pytest

from agent.binding import reasons
from agent.sale import outcome
from tools.reason_table import README, before_card_table, gate_table, placed


def codes(table: str) -> tuple[str, ...]:
    return tuple(line.split("`")[1] for line in table.splitlines()[2:])


def test_the_readme_holds_the_tables_that_the_code_makes() -> None:
    text = README.read_text(encoding="utf-8")
    assert placed(text) == text, "run `make reasons`"


def test_the_tables_have_every_code_once_in_the_order_in_which_it_can_come_up() -> None:
    assert codes(gate_table()) == reasons.REFUSALS + reasons.WARNINGS
    assert codes(before_card_table()) == outcome.BEFORE_CARD


def test_every_code_has_a_meaning_and_a_remedy() -> None:
    for line in (gate_table() + before_card_table()).splitlines():
        assert all(cell.strip() for cell in line.strip("|").split("|")), line


def test_a_readme_without_the_marks_is_refused() -> None:
    text = README.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="before the card: begin"):
        placed(text.replace("before the card: end", "gone"))
