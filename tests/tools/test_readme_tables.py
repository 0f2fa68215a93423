"""The READMEs' tables say what the code says, in the language of each."""

from collections.abc import Iterator
from inspect import cleandoc

import pytest

from agent.binding import reasons
from agent.sale import outcome
from board.panel import SIGNALS
from provisioning import texts
from provisioning.doctor.examine import CHECKS, NAMES
from tools import doctor_table, reason_table, signal_table
from tools.readme_tables import READMES, TABLES, placed


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


def codes(table: str) -> tuple[str, ...]:
    """The code that each row of a table is about."""
    return tuple(line.split("`")[1] for line in table.splitlines()[2:] if line.startswith("|"))


@pytest.mark.parametrize("language", READMES)
def test_a_readme_holds_the_tables_that_the_code_makes(language: str) -> None:
    text = READMES[language].read_text(encoding="utf-8")
    assert placed(language, text) == text, "run `make tables`"


@pytest.mark.parametrize("language", READMES)
def test_a_readme_without_the_marks_is_refused(language: str) -> None:
    text = READMES[language].read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=rf"{READMES[language].name}: .* before the card: begin"):
        placed(language, text.replace("before the card: end", "gone"))


def test_every_cell_of_the_chinese_tables_is_chinese() -> None:
    texts.use(texts.CHINESE)
    for table in (made() for made in TABLES.values()):
        heading, *rows = (line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| "))
        assert [cell for row in (heading, *(row[-1:] for row in rows)) for cell in row if cell.isascii()] == []


def test_the_tables_have_every_code_once_in_the_order_in_which_it_can_come_up() -> None:
    assert codes(reason_table.gate_table()) == reasons.REFUSALS + reasons.WARNINGS
    assert codes(reason_table.before_card_table()) == outcome.BEFORE_CARD


def test_every_code_has_a_meaning_and_a_remedy() -> None:
    for line in (reason_table.gate_table() + reason_table.before_card_table()).splitlines():
        assert all(cell.strip() for cell in line.strip("|").split("|")), line


def test_the_table_of_the_doctor_has_every_check_and_says_what_its_docstring_says() -> None:
    assert codes(doctor_table.table()) == NAMES
    assert {check.name: " ".join(cleandoc(check.look.__doc__ or "").split()) for check in CHECKS} == doctor_table.WELL


def test_the_table_of_signals_has_every_signal_and_names_every_sound() -> None:
    table = signal_table.table()
    assert codes(table) == tuple(SIGNALS)
    approved, ready = (
        next(line for line in table.splitlines() if f"`{name}`" in line) for name in ("approved", "ready")
    )
    assert approved.startswith("| `approved` | ● ● ● ● | success | 3 s |")
    assert ready.startswith("| `ready` | ● ○ ○ ○ |  |  |")
    assert "*alert*: 750 Hz 200 ms, 200 ms of silence, 750 Hz 200 ms" in table
