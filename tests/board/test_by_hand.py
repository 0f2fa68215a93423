"""What a technician does by hand to a terminal whose journal the backend does not acknowledge."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import CREATED, SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.journal.entry import Record
from agent.lifecycle import ACTIVE, LOCKED, UNPROVISIONED, Lifecycle
from agent.report.delivery import JOURNAL_DISOWNED
from agent.sale import kinds
from board.by_hand import clear
from board.errors import SettingsError


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.sqlite", SystemClock(), "boot-1")
    await journal.start()
    yield journal
    await journal.stop()


async def lock(journal: SqliteJournal, reason: str) -> None:
    lifecycle = Lifecycle(journal)
    await lifecycle.become(ACTIVE, "test")
    await lifecycle.become(LOCKED, reason)


async def sale(journal: SqliteJournal, name: str, *steps: str) -> None:
    await journal.append(*(Record(step, {"sale": name}) for step in steps))


QUEUED = (kinds.SALE_AUTHORISING, kinds.REVERSAL_QUEUED, kinds.SALE_FINISHED)


async def test_a_journal_that_is_not_acknowledged_is_kept_and_another_begun(journal: SqliteJournal) -> None:
    await sale(journal, "unresolved", *QUEUED, kinds.REVERSAL_UNRESOLVED)
    await sale(journal, "cleared", *QUEUED, kinds.REVERSAL_UNRESOLVED, kinds.REVERSAL_CLEARED)
    await sale(journal, "settled", *QUEUED, kinds.REVERSAL_SETTLED)
    await lock(journal, JOURNAL_DISOWNED)
    old_id, head = journal.journal_id, await journal.head()
    done = await clear(journal, "Han Meimei, card was put back")
    assert done == {"cleared": LOCKED, "kept": f"journal-{old_id}.sqlite"}
    first, second = await journal.after(0, 10)
    assert (first.kind, first.body["unresolved"]) == (CREATED, ["unresolved"])
    before = first.body["before"]
    assert isinstance(before, dict)
    assert (before["journal_id"], before["sequence"]) == (old_id, head)
    assert second.body == {"from": UNPROVISIONED, "to": ACTIVE, "reason": "cleared: Han Meimei, card was put back"}


@pytest.mark.parametrize("steps", [(kinds.SALE_AUTHORISING,), QUEUED, (*QUEUED, kinds.REVERSAL_REPEATED)])
async def test_it_is_not_given_up_before_its_sales_are_finished(journal: SqliteJournal, steps: tuple[str, ...]) -> None:
    await sale(journal, "s1", *steps)
    await lock(journal, JOURNAL_DISOWNED)
    old_id = journal.journal_id
    with pytest.raises(SettingsError, match="sale s1 is not finished; start the terminal, and let it reverse it first"):
        await clear(journal, "too early")
    assert journal.journal_id == old_id


async def test_any_other_lock_is_cleared_in_the_same_journal(journal: SqliteJournal) -> None:
    await sale(journal, "s1", *QUEUED)
    await lock(journal, "MERCHANT_JUMP")
    old_id = journal.journal_id
    assert await clear(journal, "looked at") == {"cleared": LOCKED}
    assert journal.journal_id == old_id
