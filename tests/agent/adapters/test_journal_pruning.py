# ruff: noqa: ASYNC240 - a test may wait for its disk
"""Pruning a journal: what is needed stays, the chain goes on behind a checkpoint, and an altered rest is noticed."""

import asyncio
import itertools
import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.adapters.sqlite_journal import CREATED, SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.canonical import encode, sha256_hex
from agent.errors import JournalError
from agent.journal.anchor import Anchor
from agent.journal.device import NoDevice
from agent.journal.entry import Record
from agent.journal.pruning import AGE, PRUNED, SPACE
from agent.sale import kinds

SETTLED = (kinds.SALE_AUTHORISING, kinds.SALE_ANSWERED, kinds.SALE_FINISHED)
REVERSED = (kinds.SALE_AUTHORISING, kinds.SALE_UNKNOWN, kinds.REVERSAL_QUEUED, kinds.SALE_FINISHED)


def journal_at(path: Path) -> SqliteJournal:
    return SqliteJournal(path, SystemClock(), "boot-1")


async def sell(journal: SqliteJournal, sale: str, *steps: str) -> None:
    """Write the entries of one sale, the first of which names the till."""
    for step in steps:
        till = {"till": f"till/{sale}"} if step == kinds.SALE_AUTHORISING else {}
        await journal.append(Record(step, {"sale": sale, **till}))


async def anchor(journal: SqliteJournal) -> None:
    """The backend acknowledges all there is."""
    head = (await journal.after(await journal.head() - 1, 1))[0]
    assert await journal.anchor(Anchor(head.sequence, head.digest, 7, "backend-1", "ab" * 64))


async def a_day(journal: SqliteJournal, name: str = "s") -> None:
    """Entries 2 to 12 of a new journal: a start, three finished sales and an end, all acknowledged."""
    await journal.append(Record("terminal.started", {}))
    for number in range(3):
        await sell(journal, f"{name}{number}", *SETTLED)
    await journal.append(Record("terminal.stopped", {}))
    await anchor(journal)


def numbers(path: Path) -> list[int]:
    """The sequences of the entries that lie in the file."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT sequence FROM entries ORDER BY sequence")]


async def test_a_checkpoint_carries_the_chain_on(journal: SqliteJournal) -> None:
    await a_day(journal)
    before = await journal.after(0, 100)
    await journal.prune(8, AGE, kinds.PENDING, NoDevice())
    assert await journal.pruned() == 8
    entries = await journal.after(8, 100)
    assert [entry.sequence for entry in entries] == [9, 10, 11, 12, 13]
    assert entries[0].fields["previous"] == before[7].digest
    checkpoint = entries[-1]
    assert (checkpoint.kind, checkpoint.fields["previous"]) == (PRUNED, before[-1].digest)
    left = [entry for entry in before[:8] if entry.kind in (CREATED, "terminal.started")]
    assert checkpoint.body == {
        "from": 1,
        "to": 8,
        "hash": before[7].digest,
        "why": AGE,
        "kept_hash": sha256_hex(encode([[entry.sequence, entry.digest] for entry in left])),
        "anchor": {
            "sequence": 12,
            "head_hash": before[-1].digest,
            "counter": 7,
            "key_id": "backend-1",
            "signature": "ab" * 64,
        },
        "device": {"certificate": "", "signature": ""},
    }


async def test_a_pruned_journal_starts_again_and_goes_on(path: Path) -> None:
    for why in (AGE, SPACE):
        journal = journal_at(path)
        await journal.start()
        await a_day(journal, why)
        await journal.prune(await journal.pruned() + 9, why, kinds.PENDING, NoDevice())
        await journal.append(Record("test.more", {}))
        await journal.stop()
    journal = journal_at(path)
    await journal.start()
    assert await journal.pruned() == 18
    assert await journal.acknowledged() == 25
    entries = await journal.after(18, 100)
    assert [entry.sequence for entry in entries] == list(range(19, 28))
    for before, entry in itertools.pairwise(entries):
        assert entry.fields["previous"] == before.digest
    checkpoint = await journal.last(PRUNED)
    assert checkpoint is not None
    assert (checkpoint.body["from"], checkpoint.body["to"], checkpoint.body["why"]) == (10, 18, SPACE)
    assert await journal.next_session() == 1
    await journal.stop()


async def test_each_pruning_is_told_to_whoever_reports_it(journal: SqliteJournal) -> None:
    await a_day(journal)
    told: list[None] = []
    journal.on_append(lambda: told.append(None))
    await journal.prune(8, AGE, kinds.PENDING, NoDevice())
    assert len(told) == 1


@pytest.mark.parametrize("to", [0, -1, 4, 12, 13, 14, 99])
async def test_only_what_lies_between_the_checkpoint_and_the_anchor_can_go(journal: SqliteJournal, to: int) -> None:
    await a_day(journal)
    await journal.prune(4, AGE, kinds.PENDING, NoDevice())
    before = await journal.after(0, 100)
    with pytest.raises(JournalError, match=f"entries 5 to {to} are not all in front of what is acknowledged"):
        await journal.prune(to, AGE, kinds.PENDING, NoDevice())
    assert [entry.digest for entry in await journal.after(0, 100)] == [entry.digest for entry in before]
    await journal.prune(11, AGE, kinds.PENDING, NoDevice())


async def test_nothing_goes_that_the_backend_has_not_acknowledged(journal: SqliteJournal) -> None:
    await journal.append(Record("terminal.started", {}))
    with pytest.raises(JournalError, match="not all in front of what is acknowledged"):
        await journal.prune(1, SPACE, kinds.PENDING, NoDevice())
    assert await journal.head() == 2


async def test_the_newest_entry_of_each_kind_stays_until_there_is_a_newer_one(
    journal: SqliteJournal, path: Path
) -> None:
    await a_day(journal, "first")
    await a_day(journal, "second")
    await journal.prune(20, AGE, kinds.PENDING, NoDevice())
    # The journal's creation, the second start, and a sale that goes on behind the checkpoint.
    assert numbers(path)[:5] == [1, 13, 20, 21, 22]
    await a_day(journal, "third")
    await journal.prune(24, AGE, kinds.PENDING, NoDevice())
    assert numbers(path)[:3] == [1, 24, 25]


async def test_sales_that_are_under_way_unresolved_or_go_on_behind_the_checkpoint_stay_whole(
    journal: SqliteJournal, path: Path
) -> None:
    await sell(journal, "open", kinds.SALE_AUTHORISING, kinds.SALE_ANSWERED)
    await sell(journal, "due", *REVERSED)
    await sell(journal, "settled", *REVERSED, kinds.REVERSAL_SETTLED)
    await sell(journal, "unresolved", *REVERSED, kinds.REVERSAL_REPEATED, kinds.REVERSAL_UNRESOLVED)
    await sell(journal, "over", *SETTLED)
    await sell(journal, "late", *REVERSED)
    to = await journal.head()
    await sell(journal, "late", kinds.REVERSAL_SETTLED)
    await sell(journal, "last", *REVERSED, kinds.REVERSAL_REPEATED, kinds.REVERSAL_UNRESOLVED)
    await sell(journal, "last", kinds.SALE_ANSWERED)
    await anchor(journal)
    whole = {sale: await journal.about(sale) for sale in ("open", "due", "unresolved", "late", "last")}
    await journal.prune(to, SPACE, kinds.PENDING, NoDevice())
    for sale, entries in whole.items():
        assert [entry.digest for entry in await journal.about(sale)] == [entry.digest for entry in entries]
        assert await journal.sale_of(f"till/{sale}") == sale
    for sale in ("settled", "over"):
        assert await journal.about(sale) == []
        assert await journal.sale_of(f"till/{sale}") == ""
    assert await journal.open_sales(kinds.SALE_AUTHORISING, (kinds.SALE_FINISHED,)) == ["open"]
    # Once its reversal is settled, the sale goes with the next step.
    await sell(journal, "due", kinds.REVERSAL_SETTLED)
    to = await journal.head()
    await sell(journal, "another", *REVERSED, kinds.REVERSAL_SETTLED)
    await anchor(journal)
    await journal.prune(to, AGE, kinds.PENDING, NoDevice())
    assert await journal.about("due") == []
    assert len(await journal.about("unresolved")) == len(whole["unresolved"])


STEPS = (*SETTLED, kinds.SALE_UNKNOWN, kinds.REVERSAL_QUEUED, kinds.REVERSAL_SETTLED, kinds.REVERSAL_UNRESOLVED)
ENTRIES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(STEPS), st.sampled_from(["a", "b", "c", "d", "e"])),
        st.tuples(st.sampled_from(["terminal.started", "lifecycle.changed", "binding.taken_up"]), st.just("")),
    ),
    min_size=4,
    max_size=30,
)


async def looked_up(journal: SqliteJournal) -> tuple[dict[str, str | None], list[list[str]]]:
    """What the terminal looks up at any time: the newest of each kind, and what is open."""
    every = (*STEPS, CREATED, "terminal.started", "lifecycle.changed", "binding.taken_up")
    newest = {kind: found.digest if (found := await journal.last(kind)) else None for kind in every}
    return newest, [await journal.open_sales(each.opened, each.closed) for each in kinds.PENDING]


@settings(max_examples=40, deadline=None)
@given(written=ENTRIES, cuts=st.lists(st.integers(1, 30), min_size=1, max_size=3))
def test_no_look_up_notices_a_pruning_and_no_sale_is_left_in_part(
    written: list[tuple[str, str]], cuts: list[int]
) -> None:
    async def scenario(path: Path) -> None:
        journal = journal_at(path)
        await journal.start()
        await journal.append(*(Record(kind, {"sale": sale} if sale else {}) for kind, sale in written))
        await anchor(journal)
        before = await looked_up(journal)
        sales = {sale: [each.digest for each in await journal.about(sale)] for sale in "abcde"}
        for cut in sorted(set(cuts)):
            if cut <= len(written):
                await journal.prune(cut, AGE, kinds.PENDING, NoDevice())
        assert await looked_up(journal) == before
        for sale, entries in sales.items():
            assert [each.digest for each in await journal.about(sale)] in ([], entries)
        await journal.stop()
        again = journal_at(path)
        await again.start()
        assert await looked_up(again) == before
        await again.stop()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder) / "journal.sqlite"))


async def test_an_acknowledgement_of_what_was_pruned_is_old_news_and_one_of_what_never_was_is_not(
    journal: SqliteJournal,
) -> None:
    await a_day(journal)
    old = await journal.after(0, 12)
    await journal.prune(8, AGE, kinds.PENDING, NoDevice())
    for entry in old:
        assert await journal.anchor(Anchor(entry.sequence, entry.digest, 1, "k", "s"))
    assert not await journal.anchor(Anchor(1, "ab" * 32, 1, "k", "s"))
    assert not await journal.anchor(Anchor(9, "ab" * 32, 1, "k", "s"))
    assert not await journal.anchor(Anchor(0, "ab" * 32, 1, "k", "s"))
    assert not await journal.anchor(Anchor(99, "ab" * 32, 1, "k", "s"))
    assert await journal.acknowledged() == 12


def alter(statement: str) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            assert connection.execute(statement).rowcount > 0

    return run


def rewrite_checkpoint(path: Path) -> None:
    """Move the checkpoint back by one and hash it anew: the entry behind it tells."""
    with closing(sqlite3.connect(path)) as connection, connection:
        sequence, data = connection.execute(f"SELECT sequence, data FROM entries WHERE kind = '{PRUNED}'").fetchone()
        fields = json.loads(data)
        fields["body"]["to"] -= 1
        data = encode(fields)
        row = (data, sha256_hex(data), sequence)
        connection.execute("UPDATE entries SET data = ?, hash = ? WHERE sequence = ?", row)


ALTERATIONS: list[tuple[str, Callable[[Path], None]]] = [
    ("entry 9, behind what was pruned, is missing", alter("DELETE FROM entries WHERE sequence = 9")),
    ("entry 11 does not follow 9", alter("DELETE FROM entries WHERE sequence = 10")),
    ("entry 9 was altered", alter("UPDATE entries SET hash = 'x' WHERE sequence = 9")),
    ("entry 13 was altered", alter("UPDATE entries SET data = X'00' WHERE sequence = 13")),
    ("entry 14 does not follow 12", alter("DELETE FROM entries WHERE sequence = 13")),
    ("entry 14 does not follow 13", rewrite_checkpoint),
    ("entry 1 was altered", alter("UPDATE entries SET kind = 'x' WHERE sequence = 1")),
    ("entry 2 was altered", alter("UPDATE entries SET data = X'00' WHERE sequence = 2")),
    ("others are there than pruning left", alter("DELETE FROM entries WHERE sequence = 1")),
    ("others are there than pruning left", alter("DELETE FROM entries WHERE sequence <= 8")),
]


@pytest.mark.parametrize(("found", "change"), ALTERATIONS)
async def test_an_alteration_of_a_pruned_journal_is_refused(
    path: Path, found: str, change: Callable[[Path], None]
) -> None:
    journal = journal_at(path)
    await journal.start()
    await a_day(journal)
    await journal.prune(8, AGE, kinds.PENDING, NoDevice())
    await journal.append(Record("test.more", {}))
    await journal.stop()
    whole = path.read_bytes()
    change(path)
    with pytest.raises(JournalError, match=f"{found}; keep the file as evidence"):
        await journal_at(path).start()
    path.write_bytes(whole)
    again = journal_at(path)
    await again.start()
    await again.stop()


async def test_an_entry_put_back_in_front_of_the_checkpoint_is_noticed(path: Path) -> None:
    journal = journal_at(path)
    await journal.start()
    await a_day(journal)
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute("SELECT * FROM entries WHERE sequence = 4").fetchone()
    await journal.prune(8, AGE, kinds.PENDING, NoDevice())
    await journal.stop()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
    with pytest.raises(JournalError, match="others are there than pruning left"):
        await journal_at(path).start()


async def test_a_journal_cannot_pass_for_pruned_without_a_checkpoint(path: Path) -> None:
    journal = journal_at(path)
    await journal.start()
    for _ in range(30):
        await a_day(journal)
    await journal.stop()
    alter("DELETE FROM entries WHERE sequence <= 100")(path)
    with pytest.raises(JournalError, match="the first entry is missing"):
        await journal_at(path).start()


async def test_the_file_gives_its_space_back_step_by_step(journal: SqliteJournal, path: Path) -> None:
    for _ in range(20):
        await journal.append(*(Record("test.padded", {"text": "x" * 1500}) for _ in range(200)))
    await anchor(journal)
    await journal.prune(1, AGE, kinds.PENDING, NoDevice())
    sizes = [path.stat().st_size]
    for _ in range(10):
        await journal.prune(await journal.pruned() + 200, AGE, kinds.PENDING, NoDevice())
        sizes.append(path.stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.6 * sizes[0]
    given_back = [before - after for before, after in itertools.pairwise(sizes)]
    assert max(given_back) <= 500 * 4096
