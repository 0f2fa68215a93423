"""The README's tables say what the code says."""

import pytest

from agent.binding import reasons
from agent.sale import outcome
from board.panel import SIGNALS
from tools import reason_table, signal_table
from tools.readme_tables import README, placed


def codes(table: str) -> tuple[str, ...]:
    """The code that each row of a table is about."""
    return tuple(line.split("`")[1] for line in table.splitlines()[2:] if line.startswith("|"))


def test_the_readme_holds_the_tables_that_the_code_makes() -> None:
    text = README.read_text(encoding="utf-8")
    assert placed(text) == text, "run `make tables`"


def test_a_readme_without_the_marks_is_refused() -> None:
    text = README.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="before the card: begin"):
        placed(text.replace("before the card: end", "gone"))


def test_the_tables_have_every_code_once_in_the_order_in_which_it_can_come_up() -> None:
    assert codes(reason_table.gate_table()) == reasons.REFUSALS + reasons.WARNINGS
    assert codes(reason_table.before_card_table()) == outcome.BEFORE_CARD


def test_every_code_has_a_meaning_and_a_remedy() -> None:
    for line in (reason_table.gate_table() + reason_table.before_card_table()).splitlines():
        assert all(cell.strip() for cell in line.strip("|").split("|")), line


def test_the_table_of_signals_has_every_signal_and_names_every_sound() -> None:
    table = signal_table.table()
    assert codes(table) == tuple(SIGNALS)
    approved, ready = (
        next(line for line in table.splitlines() if f"`{name}`" in line) for name in ("approved", "ready")
    )
    assert approved.startswith("| `approved` | ● ● ● ● | success | 3 s |")
    assert ready.startswith("| `ready` | ● ○ ○ ○ |  |  |")
    assert "*alert*: 750 Hz 200 ms, 200 ms of silence, 750 Hz 200 ms" in table
