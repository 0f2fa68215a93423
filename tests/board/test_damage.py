"""A card with one bad answer: what is left of it, which answer it befalls, and how it is asked for."""

import re

import pytest

from board.errors import BoardRefusedError
from board.virtual.client import BoardClient
from board.virtual.damage import Damage, parse
from tests.board.test_card import COMMAND, active

ANSWER = bytes.fromhex("7003570112 9000")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("cut:1:0", ""),
        ("cut:1:4", "70035701"),
        ("cut:1:6", "700357011290"),
        ("cut:1:99", "70035701129000"),
        ("shorten:1:0", "70035701129000"),
        ("shorten:1:2", "7003579000"),
        ("shorten:1:99", "9000"),
        ("lengthen:1:2", "7003570112FFFF9000"),
        ("alter:1:0", "8F035701129000"),
        ("alter:1:6", "700357011290FF"),
        ("alter:1:7", "70035701129000"),
        ("status:1:6A82", "70035701126A82"),
        ("status:1:0", "70035701120000"),
    ],
)
def test_each_kind_leaves_what_it_says(text: str, left: str) -> None:
    assert parse(text).of(ANSWER).hex().upper() == left


def test_it_is_written_as_it_is_read() -> None:
    for text in ("cut:1:0", "alter:12:300", "status:3:6A82"):
        assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "cut", "cut:1", "cut:0:1", "cut:1:-1", "burn:1:1", "cut:1:1:1", "status:1:6A82F", "cut:1:6A82", "cut:x:1"],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        parse(text)


def test_it_befalls_one_answer_and_the_same_one_after_the_next_selection() -> None:
    card, _ = active(ANSWER)
    card.damage = Damage("shorten", 2, 5)
    for _ in range(2):
        heard = [card.frame(bytes([pcb]) + COMMAND) for pcb in (0x02, 0x03, 0x02)]
        assert heard == [b"\x02" + ANSWER, b"\x03\x90\x00", b"\x02" + ANSWER]
        card.power_off()
        assert card.wake() and card.frame(b"\xe0\x80") == card.ats


def test_an_answer_of_which_nothing_is_left_is_an_empty_block() -> None:
    card, _ = active(ANSWER)
    card.damage = Damage("cut", 1, 0)
    assert card.frame(b"\x02" + COMMAND) == b"\x02"
    assert card.frame(b"\x03" + COMMAND) == b"\x03" + ANSWER


def test_a_tap_without_damage_is_of_the_whole_card_again(client: BoardClient) -> None:
    client.tap("unionpay", Damage("cut", 2, 3))
    client.remove()
    client.tap("unionpay")
    taps = [happening.get("damage") for happening in client.history() if happening["what"] == "tap"]
    assert taps == ["cut:2:3", None]


def test_a_board_refuses_a_damage_that_is_none_and_no_card_is_in_the_field(client: BoardClient) -> None:
    with pytest.raises(BoardRefusedError, match="answer"):
        client.tap("unionpay", Damage("cut", 0, 3))
    client.tap("unionpay")
