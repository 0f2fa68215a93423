"""A journal that the backend disowned: the terminal locks, remembers it, and still sends all that it has."""

import asyncio
import json

from agent.journal.disowned import DISOWNED, JOURNAL_DISOWNED
from agent.lifecycle import ACTIVE, CHANGED, LOCKED, RETIRED, SUSPENDED, TAMPERED
from agent.report.delivery import WINDOW
from agent.report.topics import STATE
from tests.portable.desk import Desk, state
from tests.portable.helpers import finish, settle, until
from tests.portable.ports.binding import BACKEND_KEY


def test_an_acknowledged_entry_that_the_journal_does_not_hold_locks_the_terminal() -> None:
    async def scenario(sequence: int) -> None:
        desk = Desk()
        await desk.lifecycle.become(ACTIVE, "test")
        await desk.happen(5)
        await desk.start()
        for _ in range(3):
            desk.acknowledge(sequence, {"head_hash": "ab" * 32})
            desk.acknowledge(sequence + 1, {"head_hash": "cd" * 32})
        await until(lambda: desk.lifecycle.state == LOCKED)
        await settle()
        change = desk.journal.of(CHANGED)[-1].body
        assert change == {"from": ACTIVE, "to": LOCKED, "reason": JOURNAL_DISOWNED}
        assert len(desk.journal.of(CHANGED)) == 2
        said = desk.journal.body(DISOWNED)
        assert (said["sequence"], said["head_hash"], said["key_id"]) == (sequence, "ab" * 32, BACKEND_KEY)
        assert desk.refusals() == []
        assert desk.said(STATE)[-1] == state("online", 1, LOCKED, sequence)
        assert desk.journal.anchored == 0
        await desk.stop()

    finish(scenario(99))  # the journal ends before it
    finish(scenario(3))  # another entry stands in its place


def test_whatever_its_state_the_terminal_writes_down_that_its_journal_is_not_the_one() -> None:
    async def scenario(states: "tuple[str, ...]", end_state: str) -> None:
        desk = Desk()
        for before in states:
            await desk.lifecycle.become(before, "test")
        await desk.start()
        desk.acknowledge(99)
        await until(lambda: desk.said(STATE)[-1] == state("online", 1, end_state, 99))
        assert desk.journal.body(DISOWNED)["sequence"] == 99
        await desk.stop()

    finish(scenario((), LOCKED))
    finish(scenario((ACTIVE, SUSPENDED), LOCKED))
    finish(scenario((ACTIVE, LOCKED), LOCKED))
    finish(scenario((TAMPERED,), TAMPERED))
    finish(scenario((RETIRED,), RETIRED))


def test_a_restart_remembers_that_the_journal_is_not_the_one() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        desk.acknowledge(99)
        await until(lambda: desk.lifecycle.state == LOCKED)
        await desk.stop()
        again = await Desk(journal=desk.journal).start()
        assert json.loads(again.link.wills[0][1])["disowned"] == 99
        again.acknowledge(99)
        await settle()
        assert len(again.journal.of(DISOWNED)) == 1
        await again.stop()

    finish(scenario())


async def disowned(length: int) -> Desk:
    """A desk with a journal of `length` entries and more, none of them stored, which the backend has just disowned."""
    desk = Desk()
    await desk.happen(length)
    await desk.start()
    desk.acknowledge(9999)
    await until(lambda: bool(desk.journal.of(DISOWNED)))
    return desk


def disown(desk: Desk, held: "list[int]") -> None:
    """The backend acknowledges what the journal does not hold, and keeps its entries `held`."""
    hashes = [desk.journal.entries[sequence - 1].digest for sequence in held]
    desk.acknowledge(9999, {"held": hashes})


def upto(first: int, last: int) -> "list[int]":
    return list(range(first, last + 1))


def test_a_disowned_journal_is_sent_whole_as_the_backend_keeps_it() -> None:
    async def scenario() -> None:
        desk = await disowned(3 * WINDOW)
        last = len(desk.journal.entries)
        disown(desk, upto(1, 60))
        await settle()
        assert desk.sequences() == upto(1, WINDOW + 60)
        # Several workers keep what they took, each for itself, and the last of it comes twice.
        disown(desk, upto(81, WINDOW + 60))
        await settle()
        assert desk.sequences() == upto(1, WINDOW + 60)
        disown(desk, upto(61, 90))
        await settle()
        assert desk.sequences() == upto(1, 2 * WINDOW + 60)
        disown(desk, upto(WINDOW + 61, 2 * WINDOW + 60))
        await settle()
        assert desk.sequences() == upto(1, last)
        assert desk.journal.held == 2 * WINDOW + 60
        assert desk.journal.anchored == 0, "it anchors nothing"
        await desk.stop()

    finish(scenario())


def test_of_a_disowned_journal_only_what_the_backend_does_not_keep_is_sent_again() -> None:
    async def scenario() -> None:
        desk = await disowned(8)
        last = len(desk.journal.entries)
        await until(lambda: desk.sequences() == upto(1, last))
        disown(desk, upto(1, 5))
        disown(desk, upto(7, 7))
        await settle()
        desk.link.break_off()
        await until(lambda: len(desk.sequences()) > last)
        await settle()
        assert desk.sequences()[last:] == upto(6, last)
        disown(desk, upto(6, last))
        await settle()
        sent = len(desk.sequences())
        await desk.happen()
        await settle()
        disown(desk, [last + 1])
        await settle()
        desk.reporter.delivery.resend_ms = desk.reporter.delivery.silence_ms = 1
        await asyncio.sleep(0.05)  # fifty times the limit: what is kept does not go again
        desk.reporter.nudge()
        await settle()
        assert desk.sequences()[sent:] == [last + 1]
        await desk.stop()

    finish(scenario())


def test_entries_of_others_settle_nothing() -> None:
    async def scenario() -> None:
        desk = await disowned(5)
        for held in (["ab" * 32] * WINDOW, [], ["ab" * 32, ""]):
            desk.acknowledge(9999, {"held": held})
        for wrong in ("ab" * 32, [7], {"1": "2"}, 7):
            desk.acknowledge(9999, {"held": wrong})
        await settle()
        assert (desk.reporter.delivery.outbox.acknowledged, desk.journal.held) == (0, 0)
        assert desk.refusals() == ["acknowledgement: what is held is no list of hashes"]
        await desk.stop()

    finish(scenario())


def test_a_journal_that_is_acknowledged_does_not_go_by_what_is_held() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(5)
        await desk.start()
        desk.acknowledge(2, {"held": [entry.digest for entry in desk.journal.entries]})
        await settle()
        assert desk.journal.anchored == 0, "what names them acknowledges nothing"
        assert (desk.reporter.delivery.outbox.acknowledged, desk.journal.held) == (0, 0)
        await desk.stop()

    finish(scenario())
