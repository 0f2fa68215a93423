"""The lifecycle: what may become what, and that a change is on disk before it counts."""

import asyncio

from agent.errors import JournalError
from agent.journal.entry import Record
from agent.lifecycle import ACTIVE, CHANGED, LOCKED, RETIRED, SUSPENDED, TAMPERED, UNPROVISIONED, Lifecycle
from tests.portable.helpers import fails, finish
from tests.portable.ports.journal import MemoryJournal

STATES = (UNPROVISIONED, ACTIVE, SUSPENDED, LOCKED, TAMPERED, RETIRED)
MAY = {
    (UNPROVISIONED, ACTIVE), (UNPROVISIONED, LOCKED), (UNPROVISIONED, TAMPERED), (UNPROVISIONED, RETIRED),
    (ACTIVE, SUSPENDED), (ACTIVE, LOCKED), (ACTIVE, TAMPERED), (ACTIVE, RETIRED), (SUSPENDED, ACTIVE),
    (SUSPENDED, LOCKED), (SUSPENDED, TAMPERED), (SUSPENDED, RETIRED), (LOCKED, ACTIVE), (LOCKED, TAMPERED),
    (LOCKED, RETIRED), (TAMPERED, ACTIVE), (TAMPERED, RETIRED),
}  # fmt: skip


def test_a_terminal_without_a_history_is_unprovisioned() -> None:
    async def scenario() -> None:
        lifecycle = Lifecycle(MemoryJournal())
        await lifecycle.start()
        assert lifecycle.state == UNPROVISIONED

    finish(scenario())


def test_every_change_is_allowed_or_refused_as_the_rules_say() -> None:
    async def scenario() -> None:
        for old in STATES:
            for new in STATES:
                journal = MemoryJournal()
                lifecycle = Lifecycle(journal)
                lifecycle.state = old
                changed = await lifecycle.become(new, "test")
                assert changed == ((old, new) in MAY), (old, new)
                assert lifecycle.state == (new if changed else old)
                assert journal.kinds() == ([CHANGED] if changed else [])

    finish(scenario())


def test_a_restart_finds_the_latest_state() -> None:
    async def scenario() -> None:
        journal = MemoryJournal()
        lifecycle = Lifecycle(journal)
        for state in (ACTIVE, LOCKED, TAMPERED):
            assert await lifecycle.become(state, "why")
        assert journal.entries[-1].body == {"from": LOCKED, "to": TAMPERED, "reason": "why"}
        for length, state in ((0, UNPROVISIONED), (1, ACTIVE), (2, LOCKED), (3, TAMPERED)):
            found = Lifecycle(journal.cut(length))
            await found.start()
            assert found.state == state

    finish(scenario())


def test_a_change_that_cannot_be_written_down_does_not_count() -> None:
    async def scenario() -> None:
        journal = MemoryJournal()
        lifecycle = Lifecycle(journal)
        journal.full.add(CHANGED)
        await fails(JournalError, lifecycle.become(ACTIVE, "test"))
        assert lifecycle.state == UNPROVISIONED
        journal.full.clear()
        assert await lifecycle.become(ACTIVE, "test")

    finish(scenario())


def test_a_lock_never_ends_up_behind_a_tamper_latch() -> None:
    async def scenario() -> None:
        for states in ((TAMPERED, LOCKED), (LOCKED, TAMPERED)):
            journal = MemoryJournal()
            lifecycle = Lifecycle(journal)
            await lifecycle.become(ACTIVE, "test")
            await asyncio.gather(*[lifecycle.become(state, "at once") for state in states])
            assert lifecycle.state == TAMPERED
            assert journal.entries[-1].body["to"] == TAMPERED

    finish(scenario())


def test_what_belongs_to_a_change_is_written_in_the_same_commit() -> None:
    async def scenario() -> None:
        journal = MemoryJournal()
        lifecycle = Lifecycle(journal)
        assert await lifecycle.become(ACTIVE, "test", (Record("test.happened", {}),))
        assert journal.kinds() == ["test.happened", CHANGED]
        assert journal.commits == [2]
        assert not await lifecycle.become(ACTIVE, "test", (Record("test.happened", {}),))
        assert journal.commits == [2]

    finish(scenario())
