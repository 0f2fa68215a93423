# ruff: noqa: ASYNC240 - a test may wait for its disk
"""The journal in SQLite: what it returned is on disk and chained, and what was altered is refused at the start."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import CREATED, SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.canonical import sha256_hex
from agent.errors import JournalError
from agent.journal.anchor import Anchor
from agent.journal.entry import GENESIS, Entry, Record

HOSTILE = [
    "TILL-1/S1",
    "'; DROP TABLE entries; --",
    '"',
    "%",
    "_",
    "a\0b",
    "\n",
    "茶馆",
    "x" * 5_000,
    " ",
    "NULL",
]


def journal_at(path: Path) -> SqliteJournal:
    return SqliteJournal(path, SystemClock(), "boot-1")


def record(number: int) -> Record:
    return Record("test.counted", {"number": number})


async def filled(path: Path, count: int) -> list[Entry]:
    """Write `count` entries behind the first into the journal at `path`, close it, and return all of them."""
    journal = journal_at(path)
    await journal.start()
    for number in range(count):
        await journal.append(record(number))
    entries = await journal.after(0, count + 1)
    await journal.stop()
    return entries


def change(path: Path, statement: str, *arguments: object) -> None:
    """Alter the file as root could."""
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement, arguments).rowcount > 0


def assert_chained(entries: list[Entry], journal_id: str) -> None:
    previous = GENESIS
    for place, entry in enumerate(entries, 1):
        assert entry.sequence == place
        assert entry.fields["previous"] == previous
        assert entry.fields["journal_id"] == journal_id
        assert sha256_hex(entry.data) == entry.digest
        assert json.loads(entry.data) == entry.fields
        previous = entry.digest


async def test_entries_are_chained_in_the_order_of_the_appends(journal: SqliteJournal) -> None:
    for number in range(5):
        await journal.append(record(number), record(number + 100))
    entries = await journal.after(0, 100)
    assert [entry.kind for entry in entries] == [CREATED] + ["test.counted"] * 10
    assert [entry.body["number"] for entry in entries[1:4]] == [0, 100, 1]
    assert await journal.head() == 11
    assert_chained(entries, journal.journal_id)


async def test_appends_at_the_same_time_do_not_mix(journal: SqliteJournal) -> None:
    written = await asyncio.gather(*(journal.append(record(n), record(n)) for n in range(20)))
    for number, (first, second) in enumerate(written):
        assert second.sequence == first.sequence + 1
        assert first.body == second.body == {"number": number}
    assert_chained(await journal.after(0, 100), journal.journal_id)


async def test_what_append_returns_is_what_is_stored(journal: SqliteJournal) -> None:
    returned = await journal.append(Record("sale.failed", {"sale": "s", "amount": 1250, "ok": True, "list": ["茶"]}))
    stored = (await journal.after(1, 1))[0]
    assert (stored.fields, stored.data, stored.digest) == (returned[0].fields, returned[0].data, returned[0].digest)
    assert set(stored.fields) == {
        "journal_id", "sequence", "time", "clock", "boot_id", "monotonic_ms", "kind", "body", "previous"
    }  # fmt: skip


async def test_after_is_bounded_and_in_order(journal: SqliteJournal) -> None:
    await journal.append(*(record(n) for n in range(10)))
    assert [entry.sequence for entry in await journal.after(3, 4)] == [4, 5, 6, 7]
    assert await journal.after(11, 4) == []
    assert await journal.after(3, 0) == []


async def test_a_restart_goes_on_with_the_same_chain(path: Path) -> None:
    first = await filled(path, 3)
    journal = journal_at(path)
    await journal.start()
    await journal.append(record(9))
    entries = await journal.after(0, 10)
    await journal.stop()
    assert [entry.digest for entry in entries[:4]] == [entry.digest for entry in first]
    assert_chained(entries, journal.journal_id)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_two_journals_never_share_an_id(tmp_path: Path) -> None:
    ids = {str((await filled(tmp_path / f"{n}.sqlite", 0))[0].fields["journal_id"]) for n in range(4)}
    assert len(ids) == 4
    assert all(len(each) == 32 for each in ids)


async def test_one_commit_is_all_or_nothing(journal: SqliteJournal) -> None:
    with pytest.raises(JournalError, match="float has no canonical form"):
        await journal.append(record(1), Record("test.bad", {"amount": 1.5}))
    assert await journal.head() == 1
    await journal.append(record(2))
    assert_chained(await journal.after(0, 10), journal.journal_id)


async def test_each_append_is_told_once(journal: SqliteJournal) -> None:
    told: list[None] = []
    journal.on_append(lambda: told.append(None))
    await journal.append(record(1), record(2))
    assert len(told) == 1
    with pytest.raises(JournalError):
        await journal.append(Record("test.bad", {"amount": 1.5}))
    assert len(told) == 1


async def test_about_last_recent_and_sale_of_find_what_belongs_together(journal: SqliteJournal) -> None:
    await journal.append(Record("sale.authorising", {"sale": "s1", "till": "T/1"}))
    await journal.append(Record("sale.authorising", {"sale": "s2", "till": "T/2"}))
    await journal.append(
        Record("sale.finished", {"sale": "s1"}), Record("sale.authorising", {"sale": "s3", "till": "T/1"})
    )
    assert [entry.kind for entry in await journal.about("s1")] == ["sale.authorising", "sale.finished"]
    assert await journal.about("s9") == []
    assert await journal.about("") == []
    assert await journal.sale_of("T/2") == "s2"
    assert await journal.sale_of("T/1") == "s3"
    assert await journal.sale_of("T/9") == ""
    assert await journal.sale_of("") == ""
    last = await journal.last("sale.authorising")
    assert last is not None
    assert last.body["sale"] == "s3"
    assert await journal.last("sale.nothing") is None
    for most, skip, sales in ((2, 0, ["s3", "s2"]), (9, 1, ["s2", "s1"]), (1, 3, []), (0, 0, [])):
        found = await journal.recent("sale.authorising", most, skip)
        assert [entry.body["sale"] for entry in found] == sales


async def test_open_sales_are_those_with_no_closing_entry_behind_oldest_first(journal: SqliteJournal) -> None:
    for sale in ("s1", "s2", "s3"):
        await journal.append(Record("opened", {"sale": sale}))
    await journal.append(Record("closed", {"sale": "s2"}))
    assert await journal.open_sales("opened", ("closed",)) == ["s1", "s3"]
    await journal.append(Record("settled", {"sale": "s1"}))
    assert await journal.open_sales("opened", ("closed", "settled")) == ["s3"]
    assert await journal.open_sales("opened", ("other",)) == ["s1", "s2", "s3"]
    assert await journal.open_sales("nothing", ("closed",)) == []
    # Opened again behind its end, and twice: it is open again, once, from there on.
    await journal.append(Record("opened", {"sale": "s2"}), Record("opened", {"sale": "s2"}))
    await journal.append(Record("opened", {"sale": "s4"}))
    assert await journal.open_sales("opened", ("closed", "settled")) == ["s3", "s2", "s4"]
    await journal.append(Record("closed", {"sale": "s2"}))
    assert await journal.open_sales("opened", ("closed", "settled")) == ["s3", "s4"]


@pytest.mark.parametrize("till", HOSTILE)
async def test_a_hostile_name_of_a_till_is_only_a_name(journal: SqliteJournal, till: str) -> None:
    await journal.append(Record("opened", {"sale": "other", "till": "other"}))
    await journal.append(Record("opened", {"sale": till, "till": till}))
    assert await journal.sale_of(till) == till
    assert [entry.body["till"] for entry in await journal.about(till)] == [till]
    assert await journal.open_sales("opened", (till,)) == ["other", till]
    assert await journal.sale_of(till + "'") == ""
    assert await journal.head() == 3


async def test_a_text_without_utf8_is_refused_and_the_journal_goes_on(journal: SqliteJournal) -> None:
    with pytest.raises(JournalError, match="surrogate"):
        await journal.append(Record("opened", {"till": "\ud800"}))
    await journal.append(record(1))
    assert await journal.head() == 2


async def test_its_size_is_that_of_its_files_and_grows(journal: SqliteJournal, path: Path) -> None:
    before = await journal.size_kib()
    await journal.append(*(Record("test.happened", {"text": "x" * 1000}) for _ in range(100)))
    files = (path, path.with_name(path.name + "-wal"))
    assert await journal.size_kib() == sum(file.stat().st_size for file in files) // 1024 >= before + 100


async def test_sessions_count_up_over_restarts(path: Path) -> None:
    seen = []
    for _ in range(3):
        journal = journal_at(path)
        await journal.start()
        seen += [await journal.next_session(), await journal.next_session()]
        await journal.stop()
    assert seen == [1, 2, 3, 4, 5, 6]


async def test_a_second_agent_is_refused_and_the_first_goes_on(journal: SqliteJournal, path: Path) -> None:
    with pytest.raises(JournalError, match="another agent uses this journal; stop it first"):
        await journal_at(path).start()
    await journal.append(record(1))
    await journal.stop()
    again = journal_at(path)
    await again.start()
    assert await again.head() == 2
    await again.stop()


async def test_a_closed_journal_says_so(path: Path) -> None:
    journal = journal_at(path)
    await journal.start()
    await journal.stop()
    await journal.stop()
    with pytest.raises((JournalError, RuntimeError)):
        await journal.append(record(1))


async def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened: No such file"):
        await journal_at(tmp_path / "gone" / "journal.sqlite").start()


def flip_in_data(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        data = connection.execute("SELECT data FROM entries WHERE sequence = 3").fetchone()[0]
        connection.execute(
            "UPDATE entries SET data = ? WHERE sequence = 3", (data.replace(b'"number":1', b'"number":2'),)
        )


def rehash(path: Path) -> None:
    """Change an entry and its own hash: the entry behind it tells."""
    flip_in_data(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        data = connection.execute("SELECT data FROM entries WHERE sequence = 3").fetchone()[0]
        connection.execute("UPDATE entries SET hash = ? WHERE sequence = 3", (sha256_hex(data),))


ALTERATIONS: list[tuple[str, Callable[[Path], None]]] = [
    ("entry 3 was altered", flip_in_data),
    ("entry 4 does not follow 3", rehash),
    ("entry 3 was altered", lambda p: change(p, "UPDATE entries SET data = X'FF' WHERE sequence = 3")),
    ("entry 3 was altered", lambda p: change(p, "UPDATE entries SET data = X'' WHERE sequence = 3")),
    ("entry 3 was altered", lambda p: change(p, "UPDATE entries SET data = 'text' WHERE sequence = 3")),
    ("entry 3 was altered", lambda p: change(p, "UPDATE entries SET hash = ? WHERE sequence = 3", "0" * 64)),
    ("entry 6 was altered", lambda p: change(p, "UPDATE entries SET hash = ? WHERE sequence = 6", "0" * 64)),
    ("entry 3 was altered", lambda p: change(p, "UPDATE entries SET kind = 'other' WHERE sequence = 3")),
    ("entry 3 was altered", lambda p: change(p, "UPDATE entries SET sale = 'other' WHERE sequence = 3")),
    ("entry 3 was altered", lambda p: change(p, "UPDATE entries SET till = 'other' WHERE sequence = 3")),
    ("entry 9 was altered", lambda p: change(p, "UPDATE entries SET sequence = 9 WHERE sequence = 6")),
    ("entry 4 does not follow 2", lambda p: change(p, "DELETE FROM entries WHERE sequence = 3")),
    ("the first entry is missing", lambda p: change(p, "DELETE FROM entries WHERE sequence = 1")),
    ("the first entry is missing", lambda p: change(p, "DELETE FROM entries")),
    ("entry 6 was altered", lambda p: change(p, "UPDATE meta SET value = 'other' WHERE key = 'journal_id'")),
    ("its own record was altered", lambda p: change(p, "DELETE FROM meta WHERE key = 'journal_id'")),
    ("its own record was altered", lambda p: change(p, "INSERT INTO meta VALUES ('anchor', '[1]')")),
    ("its own record was altered", lambda p: change(p, "INSERT INTO meta VALUES ('anchor', 'x')")),
]


@pytest.mark.parametrize(("found", "alter"), ALTERATIONS)
async def test_an_alteration_is_refused_with_the_remedy(path: Path, found: str, alter: Callable[[Path], None]) -> None:
    await filled(path, 5)
    alter(path)
    with pytest.raises(JournalError, match=f"{found}; keep the file as evidence, move it away and start again") as told:
        await journal_at(path).start()
    assert str(path) in str(told.value)
    # The remedy works, and the evidence stays.
    for each in path.parent.glob("journal.sqlite*"):
        each.rename(each.with_name("evidence-" + each.name))
    await filled(path, 1)


async def test_an_untouched_journal_starts_so_that_the_test_above_can_fail(path: Path) -> None:
    before = await filled(path, 5)
    change(path, "UPDATE entries SET kind = kind WHERE sequence = 3")
    after = await filled(path, 0)
    assert after == [] or after[0].digest == before[0].digest


async def test_only_the_tail_is_read_at_the_start_and_a_long_journal_opens(path: Path) -> None:
    journal = journal_at(path)
    await journal.start()
    await journal.append(*(record(n) for n in range(300)))
    await journal.stop()
    change(path, "DELETE FROM entries WHERE sequence = 250")
    with pytest.raises(JournalError, match="entry 251 does not follow 249"):
        await journal_at(path).start()


NO_JOURNAL = [
    (b"not a database at all, but longer than a header of SQLite" * 20, "file is not a database"),
    (b"x", "holds no journal; keep the file as evidence"),
    (b"", "holds no journal; keep the file as evidence"),
]


@pytest.mark.parametrize(("content", "found"), NO_JOURNAL)
async def test_a_file_that_is_no_journal_is_refused_and_kept(path: Path, content: bytes, found: str) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalError, match=found):
        await journal_at(path).start()
    assert path.read_bytes() == content


async def test_a_refused_start_lets_go_of_the_lock(path: Path) -> None:
    path.write_bytes(b"x")
    for _ in range(2):
        with pytest.raises(JournalError, match="holds no journal"):
            await journal_at(path).start()


async def test_a_journal_cut_short_is_refused(path: Path) -> None:
    await filled(path, 50)
    whole = path.read_bytes()
    for length in (0, 1, 100, 511, 4096, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(JournalError):
            await journal_at(path).start()
        assert path.stat().st_size == length


async def test_a_removed_journal_whose_end_is_still_there_is_refused(path: Path) -> None:
    path.with_name(path.name + "-wal").write_bytes(b"frames")
    with pytest.raises(JournalError, match="is missing, but not what belongs to it"):
        await journal_at(path).start()
    assert not path.exists()


async def test_what_a_cut_creation_left_is_no_hindrance(path: Path) -> None:
    path.with_name(path.name + ".new").write_bytes(b"half a database")
    path.with_name(path.name + ".new-journal").write_bytes(b"half a journal")
    assert len(await filled(path, 1)) == 2
    assert sorted(each.name for each in path.parent.iterdir()) == ["journal.lock", "journal.sqlite"]


async def test_a_journal_that_is_begun_anew_names_the_one_before_which_stays_whole(path: Path) -> None:
    before = (await filled(path, 3))[-1]
    journal = journal_at(path)
    await journal.start()
    assert await journal.anchor(Anchor(before.sequence, before.digest, 1, "k", "s"))
    old_id = journal.journal_id
    await journal.note_held(3)
    kept = await journal.begin_anew({"unresolved": ["s1"]}, record(7), record(8))
    assert journal.journal_id != old_id
    assert (await journal.head(), await journal.acknowledged()) == (3, 0)
    await journal.append(record(9))
    entries = await journal.after(0, 10)
    assert_chained(entries, journal.journal_id)
    assert (entries[0].kind, entries[0].body) == (
        CREATED,
        {
            "before": {"journal_id": old_id, "sequence": 4, "hash": before.digest, "held": 4},
            "unresolved": ["s1"],
        },
    )
    assert [entry.body for entry in entries[1:]] == [record(number).body for number in (7, 8, 9)]
    await journal.stop()
    again = journal_at(path)
    await again.start()
    await again.stop()
    assert kept.name == f"journal-{old_id}.sqlite"
    evidence = journal_at(kept)
    await evidence.start()
    assert (evidence.journal_id, await evidence.head(), await evidence.acknowledged()) == (old_id, 4, 4)
    await evidence.stop()


async def test_a_journal_that_somebody_reads_is_not_begun_anew(journal: SqliteJournal, path: Path) -> None:
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("SELECT COUNT(*) FROM entries").fetchone()
        with pytest.raises(JournalError, match="another program has it open; end that first"):
            await journal.begin_anew({})
    assert [each.name for each in path.parent.glob("journal-*.sqlite")] == []


async def test_an_anchor_counts_only_with_the_right_hash(journal: SqliteJournal) -> None:
    first, second = await journal.append(record(1), record(2))
    assert await journal.acknowledged() == 0
    assert not await journal.anchor(Anchor(first.sequence, second.digest, 1, "k", "s"))
    assert not await journal.anchor(Anchor(99, second.digest, 1, "k", "s"))
    assert not await journal.anchor(Anchor(99, "", 1, "k", "s"))
    assert not await journal.anchor(Anchor(0, first.digest, 1, "k", "s"))
    assert (await journal.acknowledged(), await journal.counter()) == (0, 0)
    assert await journal.anchor(Anchor(second.sequence, second.digest, 1, "k", "s"))
    assert (await journal.acknowledged(), await journal.counter()) == (second.sequence, 1)
    assert await journal.anchor(Anchor(first.sequence, first.digest, 2, "k", "s"))
    assert (await journal.acknowledged(), await journal.counter()) == (first.sequence, 2)
    assert await journal.anchor(Anchor(0, GENESIS, 3, "k", "s"))
    assert (await journal.acknowledged(), await journal.counter()) == (0, 3)


async def test_an_anchor_is_durable_after_the_end(path: Path) -> None:
    journal = journal_at(path)
    await journal.start()
    entry = (await journal.append(record(1)))[0]
    assert await journal.anchor(Anchor(entry.sequence, entry.digest, 1, "k", "s"))
    await journal.stop()
    again = journal_at(path)
    await again.start()
    assert (await again.acknowledged(), await again.counter()) == (entry.sequence, 1)
    await again.stop()


async def test_an_anchor_is_durable_after_the_next_append(journal: SqliteJournal, path: Path) -> None:
    entry = (await journal.append(record(1)))[0]
    assert await journal.anchor(Anchor(entry.sequence, entry.digest, 1, "k", "s"))
    await journal.append(record(2))
    with closing(sqlite3.connect(path)) as connection:
        stored = connection.execute("SELECT value FROM meta WHERE key = 'anchor'").fetchone()
    assert json.loads(stored[0]) == {
        "sequence": entry.sequence,
        "head_hash": entry.digest,
        "counter": 1,
        "key_id": "k",
        "signature": "s",
    }


async def test_how_far_the_backend_keeps_it_is_durable_and_never_falls(path: Path) -> None:
    await filled(path, 9)
    for end in (8, 5):
        journal = journal_at(path)
        await journal.start()
        await journal.note_held(end)
        await journal.stop()
    journal = journal_at(path)
    await journal.start()
    await journal.begin_anew({})
    before = (await journal.after(0, 1))[0].body["before"]
    assert isinstance(before, dict)
    assert (before["sequence"], before["held"]) == (10, 8)
    await journal.stop()


async def test_an_anchor_of_an_earlier_version_is_older_than_any(path: Path) -> None:
    entry = (await filled(path, 3))[-1]
    change(path, "INSERT INTO meta VALUES ('anchor', ?)", json.dumps([entry.sequence, entry.digest, "k", "s"]))
    journal = journal_at(path)
    await journal.start()
    assert (await journal.acknowledged(), await journal.counter()) == (entry.sequence, 0)
    await journal.stop()


async def test_a_removed_end_is_refused_where_the_backend_countersigned_it(path: Path) -> None:
    journal = journal_at(path)
    await journal.start()
    entry = (await journal.append(record(1), record(2)))[-1]
    assert await journal.anchor(Anchor(entry.sequence, entry.digest, 1, "k", "s"))
    await journal.stop()
    change(path, "DELETE FROM entries WHERE sequence = ?", entry.sequence)
    with pytest.raises(JournalError, match="entry 3 is missing or another than the backend countersigned"):
        await journal_at(path).start()
