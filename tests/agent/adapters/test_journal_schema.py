"""The journal's form: it goes forward, and back by software that has never heard of it, and no entry is lost."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.adapters.journal_schema import Migration
from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.errors import JournalError
from agent.journal.entry import Entry, Record

WITH_DAY = Migration(
    (
        "ALTER TABLE entries ADD COLUMN day TEXT NOT NULL DEFAULT ''",
        "UPDATE entries SET day = substr(json_extract(data, '$.time'), 1, 10)",
        "CREATE INDEX entries_by_day ON entries (day)",
    ),
    ("DROP INDEX entries_by_day", "ALTER TABLE entries DROP COLUMN day"),
)
WITH_NOTES = Migration(("CREATE TABLE notes (text TEXT NOT NULL)",), ("DROP TABLE notes",))
OLD, NEXT, AFTER_NEXT = (), (WITH_DAY,), (WITH_DAY, WITH_NOTES)


async def run(path: Path, migrations: tuple[Migration, ...], text: str = "") -> list[Entry]:
    """Start the release with `migrations` on the journal at `path`, have it write `text` down, and end it."""
    journal = SqliteJournal(path, SystemClock(), "boot-1", migrations)
    await journal.start()
    if text:
        await journal.append(Record("test.noted", {"text": text}))
    entries = await journal.after(0, 100)
    await journal.stop()
    return entries


def asked(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def form(path: Path) -> object:
    return asked(path, "PRAGMA user_version")[0][0]


def tables(path: Path) -> list[tuple[object, ...]]:
    return asked(path, "SELECT name, sql FROM sqlite_master ORDER BY name")


async def test_a_journal_goes_forward_and_back_and_keeps_every_entry(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    before = await run(path, OLD, "old")
    plain = tables(path)
    there = await run(path, AFTER_NEXT, "new")
    assert form(path) == 2
    assert asked(path, "SELECT COUNT(*) FROM entries WHERE day != ''") == [(2,)], "those from before have their day"
    back = await run(path, OLD, "old again")
    assert (form(path), tables(path)) == (0, plain)
    assert [entry.data for entry in back[:3]] == [entry.data for entry in [*before, there[-1]]]
    assert asked(path, "SELECT key FROM meta WHERE key LIKE 'way%'") == []


async def test_a_new_journal_has_the_newest_form_and_a_way_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await run(path, NEXT, "new")
    assert form(path) == 1
    assert [entry.body.get("text") for entry in await run(path, OLD)] == [None, "new"]


async def test_back_by_one_form_of_two(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await run(path, AFTER_NEXT)
    await run(path, NEXT)
    assert form(path) == 1
    assert asked(path, "SELECT name FROM sqlite_master WHERE name IN ('notes', 'entries_by_day')") == [
        ("entries_by_day",)
    ]


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await run(path, OLD, "old")
    plain = tables(path)
    with pytest.raises(JournalError, match=r"journal.sqlite: no such table: nowhere"):
        await run(path, (WITH_DAY, Migration(("DROP TABLE nowhere",), ())))
    assert (form(path), tables(path)) == (0, plain)
    assert len(await run(path, OLD)) == 2


def forget(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM meta WHERE key = 'way_back_from_1'")


def forged(*statements: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'way_back_from_1'", (json.dumps(statements),))

    return change


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (forget, "names no way back that this release could go; update it"),
        (forged(7), "names no way back"),
        (forged("ATTACH '/tmp/elsewhere' AS other"), "not authorized"),
        (forged("COMMIT"), "not authorized"),
        (forged("DELETE FROM entries WHERE sequence = 1"), "loses entries"),
        (forged("UPDATE entries SET data = x'00' WHERE sequence = 1"), "loses entries"),
    ],
)
async def test_a_way_back_that_is_none_is_refused(tmp_path: Path, damage: Callable[[Path], None], why: str) -> None:
    path = tmp_path / "journal.sqlite"
    await run(path, NEXT, "new")
    damage(path)
    entries = asked(path, "SELECT * FROM entries")
    with pytest.raises(JournalError, match=why):
        await run(path, OLD)
    assert asked(path, "SELECT * FROM entries") == entries
