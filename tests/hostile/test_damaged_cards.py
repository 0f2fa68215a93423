"""Cards with one bad answer at the real reader: the sale is refused by name, and the next card is taken."""

from typing import Any

import pytest

from agent.sale import kinds
from board.virtual.damage import Damage
from tests.hostile.counter import Counter

# Card, and how many answers it gives in a sale.
CARDS = {"unionpay": 5, "visa": 3, "mastercard": 7}
CODES = ("CARD_NO_PPSE", "CARD_NO_APPLICATION", "CARD_BLOCKED", "CARD_MALFORMED", "CARD_TRACK2", "CARD_REMOVED")
STATUS = {"CARD_NO_PPSE": 0x6A82, "CARD_BLOCKED": 0x6283}


def result(answer: dict[str, Any]) -> tuple[str, str, str]:
    said = answer["Response"]
    return said["Result"], said.get("ErrorCondition", ""), said.get("AdditionalResponse", "")


PLACES = [(card, number) for card, answers in CARDS.items() for number in range(1, answers + 1)]


def test_the_answers_of_each_card_are_all_met(counter: Counter) -> None:
    for card, answers in CARDS.items():
        before = len(counter.rig.board.history())
        assert result(counter.sell(card))[0] == "Success"
        happened = counter.rig.board.history()[before:]
        assert sum(one["what"] == "apdu" for one in happened) == answers


@pytest.mark.parametrize(("card", "number"), PLACES)
def test_an_answer_that_ends_early_or_late_or_in_another_status_is_named(
    counter: Counter, card: str, number: int
) -> None:
    for damage in (
        Damage("cut", number, 0),
        Damage("cut", number, 1),
        Damage("cut", number, 8),
        Damage("shorten", number, 1),
        Damage("shorten", number, 200),
        Damage("lengthen", number, 200),
        Damage("status", number, 0x6700),
        Damage("status", number, 0x0000),
    ):
        head = counter.head
        answer = counter.sell(card, damage)
        assert result(answer)[:2] == ("Failure", "InvalidCard"), f"{damage}: {answer}"
        (failed,) = counter.told(head, kinds.SALE_FAILED)
        assert failed.body["code"] in CODES and failed.body["detail"], f"{damage}: {failed}"


@pytest.mark.parametrize(("card", "number"), PLACES)
def test_an_altered_byte_is_read_as_what_it_says_now_or_named(counter: Counter, card: str, number: int) -> None:
    for at in (0, 1, 3, 8, 13, 21):
        head = counter.head
        said, condition, _ = result(counter.sell(card, Damage("alter", number, at)))
        if said == "Success":
            continue
        assert condition == "InvalidCard"
        (failed,) = counter.told(head, kinds.SALE_FAILED)
        assert failed.body["code"] in (*CODES, "CARD_EXPIRED", "CARD_DECLINED_OFFLINE") and failed.body["detail"]


@pytest.mark.parametrize("code", STATUS)
def test_a_card_that_is_none_or_blocked_says_so(counter: Counter, code: str) -> None:
    answer = counter.sell("unionpay", Damage("status", 1, STATUS[code]))
    assert result(answer) == ("Failure", "InvalidCard", code)
