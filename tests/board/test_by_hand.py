"""What a technician does by hand to a terminal whose journal the backend does not acknowledge."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import CREATED, SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.journal.disowned import DISOWNED, disowned
from agent.journal.entry import Record
from agent.lifecycle import ACTIVE, LOCKED, RETIRED, SUSPENDED, TAMPERED, UNPROVISIONED, Lifecycle
from agent.sale import kinds
from board.by_hand import clear, retire
from board.errors import SettingsError


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.sqlite", SystemClock(), "boot-1")
    await journal.start()
    yield journal
    await journal.stop()


async def become(journal: SqliteJournal, *states: str) -> None:
    lifecycle = Lifecycle(journal)
    for state in states:
        await lifecycle.become(state, "test")


async def disown(journal: SqliteJournal, *states: str) -> None:
    """The backend disowns the journal of a terminal that went through `states`."""
    await become(journal, *states)
    await journal.append(Record(DISOWNED, {"sequence": 99, "head_hash": "ab" * 32}))


async def sale(journal: SqliteJournal, name: str, *steps: str) -> None:
    await journal.append(*(Record(step, {"sale": name}) for step in steps))


QUEUED = (kinds.SALE_AUTHORISING, kinds.REVERSAL_QUEUED, kinds.SALE_FINISHED)


async def test_a_journal_that_is_not_acknowledged_is_kept_and_another_begun(journal: SqliteJournal) -> None:
    await sale(journal, "unresolved", *QUEUED, kinds.REVERSAL_UNRESOLVED)
    await sale(journal, "cleared", *QUEUED, kinds.REVERSAL_UNRESOLVED, kinds.REVERSAL_CLEARED)
    await sale(journal, "settled", *QUEUED, kinds.REVERSAL_SETTLED)
    await disown(journal, ACTIVE, LOCKED)
    old_id, head = journal.journal_id, await journal.head()
    await journal.note_held(head - 1)
    done = await clear(journal, "Han Meimei, card was put back")
    assert done == {"cleared": LOCKED, "kept": f"journal-{old_id}.sqlite", "entries": head, "held": head - 1}
    first, second = await journal.after(0, 10)
    assert (first.kind, first.body["unresolved"]) == (CREATED, ["unresolved"])
    before = first.body["before"]
    assert isinstance(before, dict)
    assert (before["journal_id"], before["sequence"], before["held"]) == (old_id, head, head - 1)
    assert second.body == {"from": UNPROVISIONED, "to": ACTIVE, "reason": "cleared: Han Meimei, card was put back"}


@pytest.mark.parametrize("steps", [(kinds.SALE_AUTHORISING,), QUEUED, (*QUEUED, kinds.REVERSAL_REPEATED)])
async def test_it_is_not_given_up_before_its_sales_are_finished(journal: SqliteJournal, steps: tuple[str, ...]) -> None:
    await sale(journal, "s1", *steps)
    await disown(journal, ACTIVE, LOCKED)
    old_id = journal.journal_id
    with pytest.raises(SettingsError, match="sale s1 is not finished; start the terminal, and let it reverse it first"):
        await clear(journal, "too early")
    assert journal.journal_id == old_id


@pytest.mark.parametrize("states", [(ACTIVE, LOCKED), (TAMPERED,), (ACTIVE, LOCKED, TAMPERED), (ACTIVE, SUSPENDED)])
async def test_a_disowned_journal_is_given_up_whatever_else_the_terminal_is_cleared_of(
    journal: SqliteJournal, states: tuple[str, ...]
) -> None:
    await disown(journal, *states)
    old_id = journal.journal_id
    assert (await clear(journal, "looked at"))["cleared"] == states[-1]
    assert journal.journal_id != old_id
    assert not await disowned(journal)


@pytest.mark.parametrize("states", [(ACTIVE, LOCKED), (TAMPERED,), (ACTIVE, SUSPENDED)])
async def test_without_that_it_is_cleared_in_the_same_journal(journal: SqliteJournal, states: tuple[str, ...]) -> None:
    await sale(journal, "s1", *QUEUED)
    await become(journal, *states)
    old_id = journal.journal_id
    assert await clear(journal, "looked at") == {"cleared": states[-1]}
    assert journal.journal_id == old_id


@pytest.mark.parametrize("state", [ACTIVE, LOCKED, TAMPERED, UNPROVISIONED])
async def test_a_terminal_retires_from_every_state_and_for_good(journal: SqliteJournal, state: str) -> None:
    await sale(journal, "given up", *QUEUED, kinds.REVERSAL_UNRESOLVED)
    await become(journal, *([ACTIVE, state] if state not in (ACTIVE, UNPROVISIONED) else [state]))
    assert await retire(journal, "Wang: worn out") == {"retired": state}
    head = await journal.head()
    assert await retire(journal, "Wang: once more") == {"retired": RETIRED}
    assert await journal.head() == head
    with pytest.raises(SettingsError, match="the terminal is retired"):
        await clear(journal, "back to life")


@pytest.mark.parametrize("steps", [(kinds.SALE_AUTHORISING,), QUEUED])
async def test_a_terminal_that_has_not_finished_a_sale_does_not_retire(
    journal: SqliteJournal, steps: tuple[str, ...]
) -> None:
    await become(journal, ACTIVE)
    await sale(journal, "open", *steps)
    with pytest.raises(SettingsError, match="sale open is not finished"):
        await retire(journal, "Wang: worn out")
