"""The card's side of ISO/IEC 14443-4, block by block."""

import pytest

from board.virtual.applet import Applet
from board.virtual.card import Card, State

COMMAND = bytes.fromhex("00b2010c00")


class Echo(Applet):
    """Answers `answer` to everything, and keeps what it heard."""

    def __init__(self, answer: bytes) -> None:
        super().__init__([], lambda *_: None)
        self.answer = answer
        self.heard: list[bytes] = []

    def apdu(self, command: bytes) -> bytes:
        self.heard.append(command)
        return self.answer


def active(answer: bytes = b"\x90\x00", fsdi: int = 8, **settings: object) -> tuple[Card, Echo]:
    """A card after RATS."""
    echo = Echo(answer)
    card = Card(echo, **settings)  # type: ignore[arg-type]
    assert card.wake()
    assert card.frame(bytes([0xE0, fsdi << 4])) == card.ats
    return card, echo


def block(text: str) -> bytes:
    return bytes.fromhex(text)


def test_frames_are_answered_only_after_selection_and_rats() -> None:
    card = Card(Echo(b"\x90\x00"))
    assert card.frame(block("e080")) is None
    assert card.wake()
    assert card.frame(block("02") + COMMAND) is None
    assert card.frame(block("e080")) == block("0578807002")
    assert card.frame(block("e080")) is None
    assert card.frame(block("02") + COMMAND) == block("029000")


def test_card_without_iso_dep_does_not_answer_rats() -> None:
    card = Card(Echo(b""), sak=0x00)
    assert card.wake()
    assert card.frame(block("e080")) is None


def test_block_numbers_alternate() -> None:
    card, _ = active()
    assert [card.frame(block(pcb) + COMMAND) for pcb in ("02", "03", "02")] == [
        block("029000"),
        block("039000"),
        block("029000"),
    ]


def test_chained_command_is_acknowledged_and_joined() -> None:
    card, echo = active()
    assert card.frame(block("12") + COMMAND[:2]) == block("a2")
    assert card.frame(block("13") + COMMAND[2:4]) == block("a3")
    assert card.frame(block("02") + COMMAND[4:]) == block("029000")
    assert echo.heard == [COMMAND]


@pytest.mark.parametrize(("fsdi", "chain", "size"), [(8, None, 253), (5, None, 61), (8, 10, 10), (0, 100, 13)])
def test_long_answer_is_cut_to_chain_size_and_what_the_reader_takes(fsdi: int, chain: int | None, size: int) -> None:
    answer = bytes(range(250)) + bytes(8)
    card, _ = active(answer, fsdi, chain=chain)
    part = card.frame(block("02") + COMMAND)
    joined, number = b"", 0
    while part and part[0] & 0x10:
        assert part[0] == 0x12 | number
        assert len(part) == 1 + size
        joined += part[1:]
        number ^= 1
        part = card.frame(bytes([0xA2 | number]))
    assert part
    assert part[0] == 0x02 | number
    assert joined + part[1:] == answer


def test_lost_answer_is_sent_again_and_not_computed_again() -> None:
    card, echo = active()
    first = card.frame(block("02") + COMMAND)
    assert card.frame(block("b2")) == first
    assert card.frame(block("b2")) == first
    assert len(echo.heard) == 1


def test_lost_part_of_a_chain_is_sent_again() -> None:
    card, _ = active(block("0102039000"), chain=2)
    assert card.frame(block("02") + COMMAND) == block("120102")
    assert card.frame(block("a3")) == block("130390")
    assert card.frame(block("a3")) == block("130390")
    assert card.frame(block("a2")) == block("0200")


def test_command_that_did_not_arrive_is_asked_for() -> None:
    card, echo = active()
    assert card.frame(block("b2")) == block("a3")  # its number, 1, says that it has nothing with 0
    assert card.frame(block("02") + COMMAND) == block("029000")
    assert card.frame(block("b3")) == block("a2")
    assert card.frame(block("03") + COMMAND) == block("039000")
    assert len(echo.heard) == 2


def test_acknowledgement_of_nothing_is_not_answered() -> None:
    card, _ = active()
    assert card.frame(block("a2")) is None
    card.frame(block("02") + COMMAND)
    assert card.frame(block("a3")) is None


def test_time_is_asked_for_and_the_answer_follows_the_grant() -> None:
    card, echo = active(wtx_instructions=[0xB2])
    assert card.frame(block("02") + COMMAND) == block("f201")
    assert not echo.heard
    assert card.frame(block("b2")) == block("f201")  # the request was lost
    assert card.frame(block("f202")) is None  # another multiplier than it asked for
    assert card.frame(block("03") + COMMAND) is None
    assert card.frame(block("f201")) == block("029000")
    assert card.frame(block("f201")) is None
    assert card.frame(block("0300a4040000")) == block("039000")
    assert card.counts["waiting_time"] == 1


def test_time_asked_for_within_a_chain_comes_once() -> None:
    card, _ = active(block("0102039000"), chain=2)
    card.wtx_while_chaining = True
    assert card.frame(block("02") + COMMAND) == block("120102")
    assert card.frame(block("a3")) == block("f201")
    assert card.frame(block("a2")) is None
    assert card.frame(block("f201")) == block("130390")
    assert card.frame(block("a2")) == block("0200")


def test_deselected_card_is_silent_until_it_loses_power() -> None:
    card, _ = active()
    assert card.frame(block("c2")) == block("c2")
    assert card.state is State.HALT
    assert card.frame(block("02") + COMMAND) is None
    assert not card.wake()
    card.power_off()
    assert card.wake()
    assert card.frame(block("e080")) == card.ats


@pytest.mark.parametrize(("ats", "most"), [("0578807002", 254), ("0572807002", 30), ("01", 30), ("0278", 254)])
def test_frame_longer_than_the_card_takes_is_not_heard(ats: str, most: int) -> None:
    card, _ = active(ats=bytes.fromhex(ats))
    assert card.frame(b"\x12" + bytes(most - 1)) == block("a2")
    assert card.frame(b"\x13" + bytes(most)) is None


@pytest.mark.parametrize("frame", ["", "0a00" + "00b2010c00", "0600" + "00b2010c00", "d011", "aa00", "fa0001"])
def test_blocks_for_other_cards_and_other_protocols_are_not_answered(frame: str) -> None:
    card, echo = active()
    assert card.frame(block(frame)) is None
    assert not echo.heard
    assert card.frame(block("02") + COMMAND) == block("029000")


def test_every_nth_block_is_lost() -> None:
    card, _ = active()
    card.lose_every = 2
    assert card.frame(block("02") + COMMAND) == block("029000")
    assert card.frame(block("03") + COMMAND) is None
    assert card.frame(block("b3")) == block("039000")
    assert card.counts["lost"] == 1


def test_each_block_is_told_before_it_is_answered() -> None:
    card, echo = active()
    told: list[tuple[int, int]] = []
    card.on_block = lambda control: told.append((control, len(echo.heard)))
    card.frame(block("02") + COMMAND)
    card.frame(block("b2"))
    assert told == [(0x02, 0), (0xB2, 1)]


def test_card_pulled_while_it_hears_a_block_does_not_answer_it() -> None:
    card, echo = active()
    card.on_block = lambda _: card.power_off()
    assert card.frame(block("02") + COMMAND) is None
    assert not echo.heard


def test_power_cut_forgets_a_command_half_heard() -> None:
    card, echo = active()
    card.frame(block("12") + b"\x00\xa4")
    card.power_off()
    assert card.wake()
    card.frame(block("e080"))
    assert card.frame(block("02") + COMMAND) == block("029000")
    assert echo.heard == [COMMAND]
