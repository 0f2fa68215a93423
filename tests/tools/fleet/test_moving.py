"""`jumpguard fleet store`: what is where, and a store that moves from its file into a database."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table
from typer.testing import CliRunner

from tests.tools.fleet.history.told import AT, Told, asked
from tests.tools.fleet.intake import events
from tests.tools.fleet.postgresql import PostgreSQL
from tests.tools.fleet.publisher import INFO, Journal
from tools.cli.fleet import app
from tools.fleet import moving
from tools.fleet.errors import StoreError
from tools.fleet.gaps import GRACE
from tools.fleet.place import Place
from tools.fleet.schema import metadata
from tools.fleet.store import Store
from tools.fleet.tables import commands
from tools.fleet.times import moved


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Path]:
    """The directory of a store that holds something of nearly everything."""
    directory = tmp_path / "fleet"
    store = Store(directory)
    store.start()
    told = Told(store, "JG-TEST-0001")
    told.state("online", 1)
    told.report("info", INFO)
    told.report("vitals", {"load1_milli": 1})
    for number in range(5):
        told.entry(*asked(f"s{number}", merchant="海岛茶馆"))
    journal = Journal("JG-TEST-0002")
    for _ in range(3):
        journal.add()
    told.take(AT, *events(journal, 1, 3))
    store.look_for_gaps(moved(AT, GRACE))
    store.stop()
    yield directory


def run(directory: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["store", "--dir", str(directory), *options], env={"COLUMNS": "300"})
    return done.exit_code, done.output


def rows(place: Place) -> dict[str, list[tuple[object, ...]]]:
    engine = place.reading()
    with engine.connect() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


def test_a_store_says_where_and_what_it_is(filled: Path) -> None:
    status, output = run(filled, "--json")
    assert status == 0, output
    shown = json.loads(output)
    assert shown["place"] == str(filled / "fleet.sqlite")
    assert shown["bytes"] > 10_000
    assert (shown["rows"]["events"], shown["rows"]["sales"], shown["stale"]) == (7, 5, 0)
    status, output = run(filled)
    assert status == 0
    assert "events" in output


def test_a_store_that_is_not_there_is_named(tmp_path: Path) -> None:
    status, output = run(tmp_path)
    assert status == 1
    assert "there is none at" in output


def test_a_store_is_moved_whole_and_goes_on_there(filled: Path, postgresql: PostgreSQL) -> None:
    before = rows(Place(filled))
    url = postgresql.database()
    status, output = run(filled, "--postgresql", url)
    assert status == 1
    assert "give --move" in output
    assert Place(filled).is_file

    status, output = run(filled, "--postgresql", url, "--move")
    assert status == 0, output
    assert postgresql.password not in output
    assert not Place(filled).is_file
    assert rows(Place(filled)) == before
    assert before["alarms"]
    store = Store(filled)
    store.start()
    told = Told(store, "JG-TEST-0001")
    told.state("lost", 1)
    assert [row["presence"] for row in told.connections()] == ["online", "lost"]
    store.stop()
    status, output = run(filled, "--postgresql", url, "--move")
    assert status == 1
    assert "already" in output


def test_an_empty_store_becomes_a_database_at_once(tmp_path: Path, postgresql: PostgreSQL) -> None:
    assert run(tmp_path / "fleet", "--postgresql", postgresql.database())[0] == 0
    assert not Place(tmp_path / "fleet").is_file


def test_a_database_that_holds_something_is_not_moved_into(
    filled: Path, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    url = postgresql.database()
    other = Place(tmp_path / "other")
    other.name_database(url)
    store = Store(other.directory)
    store.start()
    Told(store, "JG-TEST-0009").state("online", 1)
    store.stop()
    status, output = run(filled, "--postgresql", url, "--move")
    assert status == 1
    assert "has content already" in output
    assert Place(filled).is_file


def test_a_store_that_a_backend_has_is_not_moved(filled: Path, postgresql: PostgreSQL) -> None:
    backend = Store(filled)
    backend.start()
    with pytest.raises(StoreError, match="another backend writes"):
        moving.name(filled, postgresql.database(), move=True, progress=lambda *_: None)
    backend.stop()
    assert Place(filled).is_file


def test_a_move_that_ends_half_way_leaves_the_file_in_force_and_the_database_empty(
    filled: Path, postgresql: PostgreSQL
) -> None:
    before, url = rows(Place(filled)), postgresql.database()

    def end(table: str, done: int, _whole: int) -> None:
        if table == "sales" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moving.name(filled, url, move=True, progress=end)
    assert Place(filled).is_file
    assert rows(Place(filled)) == before
    assert [name for name, kept in rows(Place(filled, url)).items() if kept] == ["jump_reading"]
    moving.name(filled, url, move=True, progress=lambda *_: None)
    assert rows(Place(filled)) == before


def test_a_copy_that_is_not_the_same_is_not_taken(
    filled: Path, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.database()
    count_on = moving._count_on

    def forge(connection: Connection, table: Table) -> None:
        count_on(connection, table)
        if table.name == "sales":
            connection.execute(table.update().values(amount=1))

    monkeypatch.setattr(moving, "_count_on", forge)
    with pytest.raises(StoreError, match="table sales is not the same"):
        moving.name(filled, url, move=True, progress=lambda *_: None)
    assert Place(filled).is_file


def test_history_is_made_anew_by_hand(filled: Path) -> None:
    engine = Place(filled).writing()
    with engine.begin() as connection:
        connection.execute(metadata.tables["sales"].delete())
        connection.execute(metadata.tables["facts"].delete())
    engine.dispose()
    before = rows(Place(filled))
    assert before["sales"] == []
    status, output = run(filled, "--rebuild", "--json")
    assert status == 0, output
    assert json.loads(output.splitlines()[-1])["rows"]["sales"] == 5
    assert rows(Place(filled))["facts"] != []
    assert commands.name in before
