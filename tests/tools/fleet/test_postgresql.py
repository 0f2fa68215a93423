"""PostgreSQL as the store: who may have it, what its end does to a backend, and what nobody gets to read."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from tests.tools.fleet.intake import events
from tests.tools.fleet.postgresql import READY, PostgreSQL
from tests.tools.fleet.process import BackendProcess
from tests.tools.fleet.publisher import Journal, Publisher, wait_until
from tools.broker import Broker
from tools.fleet import place as places
from tools.fleet.errors import StoreError
from tools.fleet.place import WRITING_LOCK, Place
from tools.fleet.reader import Reader
from tools.fleet.store import Store
from tools.fleet.tables import events as event_table

NOW = "2026-11-26T10:00:00.000Z"


@pytest.fixture
def url(postgresql: PostgreSQL) -> str:
    return postgresql.database(READY)


@pytest.fixture
def place(url: str, tmp_path: Path) -> Place:
    place = Place(tmp_path / "fleet")
    place.name_database(url)
    return place


@pytest.fixture
def pg_store(place: Place) -> Iterator[Store]:
    store = Store(place.directory)
    store.start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def ended_server() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def own_server(ended_server: PostgreSQL) -> PostgreSQL:
    """A server that a test may end."""
    ended_server.start()
    return ended_server


def stored(place: Place) -> list[int]:
    reader = Reader(place.directory)
    found = [event.sequence for event in reader.events()]
    reader.close()
    return found


def test_another_directory_cannot_have_the_database_of_a_backend_until_that_ends(
    pg_store: Store, url: str, tmp_path: Path
) -> None:
    second = Place(tmp_path / "second")
    second.name_database(url)
    other = Store(second.directory)
    with pytest.raises(StoreError, match="another backend writes postgresql"):
        other.start()
    pg_store.stop()
    other.start()
    other.stop()


def test_the_lock_of_a_backend_lasts_as_long_as_its_connection(pg_store: Store, place: Place) -> None:
    """Whoever is cut off from the database is not the backend any more when it connects again."""
    engine = place.writing()
    with engine.begin() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    second = Store(place.directory)
    second.place.directory = place.directory / "second"
    second.place.name_database(place.url.render_as_string(hide_password=False))
    second.start()
    with pytest.raises(StoreError, match="another backend writes"):
        pg_store.take([], NOW)
    second.stop()
    engine.dispose()


def test_a_reader_sees_one_moment_and_cannot_change_the_store(pg_store: Store, place: Place) -> None:
    journal = Journal("JG-TEST-0001")
    journal.add()
    engine = place.reading()
    with engine.connect() as connection:
        assert connection.execute(select(event_table)).all() == []
        pg_store.take(events(journal, 1), NOW)
        assert connection.execute(select(event_table)).all() == []
        with pytest.raises(DBAPIError, match="read-only"):
            connection.execute(delete(event_table))
    engine.dispose()
    assert stored(place) == [1]


def test_a_writer_does_not_wait_for_ever(place: Place, pg_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "WAIT_SECONDS", 0.1)
    worker = Store(place.directory, alone=False)
    worker.start()
    holder = place.writing()
    with holder.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar_one() >= 2
        assert WRITING_LOCK
        with pytest.raises(StoreError, match="lock timeout"):
            worker.take([], NOW)
    worker.take([], NOW)
    worker.stop()
    holder.dispose()


def test_a_database_that_ends_in_a_transaction_leaves_nothing_of_it(own_server: PostgreSQL, tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.name_database(own_server.database(READY))
    store = Store(tmp_path)
    store.start()
    journal = Journal("JG-TEST-0001")
    for _ in range(3):
        journal.add()
    store.take(events(journal, 1), NOW)

    def end(*_: object) -> None:
        own_server.stop(signal.SIGQUIT)

    with pytest.raises(StoreError, match="cannot be written: ") as raised:
        store.take(events(journal, 2), NOW, prove=None, raised=_Ending(end))  # type: ignore[arg-type]
    assert own_server.password not in str(raised.value)
    with pytest.raises(StoreError, match="cannot be written: "):
        store.take(events(journal, 2), NOW)
    own_server.start()
    assert stored(place) == [1]
    (head,) = store.take(events(journal, 2, 3), NOW)
    assert head.sequence == 3
    store.stop()


class _Ending:
    """No alarms; it does something at the moment when they are asked for, in the middle of the transaction."""

    def __init__(self, act: object) -> None:
        self._act = act

    def __iter__(self) -> Iterator[object]:
        assert callable(self._act)
        self._act()
        return iter(())


def test_a_backend_whose_database_ends_confirms_nothing_and_goes_on_when_it_is_started_again(
    own_server: PostgreSQL, key_file: Path, tmp_path: Path
) -> None:
    journal = Journal("JG-TEST-0001")
    directory = tmp_path / "fleet"
    Place(directory).name_database(own_server.database())
    with Broker(tmp_path / "broker") as broker:
        backend = BackendProcess(directory, broker.port, key_file).start()
        publisher = Publisher(broker.port, journal.terminal).start()
        publisher.send_entries(journal, journal.add())
        publisher.wait_for_ack(1)
        own_server.stop(signal.SIGQUIT)
        publisher.send_entries(journal, *[journal.add() for _ in range(20)])
        assert backend.wait() == 1
        assert "cannot be written" in backend.log.read_text()
        assert own_server.password not in backend.log.read_text()
        assert publisher.acks.empty()

        own_server.start()
        backend.start()
        publisher.wait_for_ack(21)  # nobody sends again but the broker, which had no PUBACK
        publisher.stop()
        assert backend.terminate() == 0, backend.log.read_text()
    assert stored(Place(directory)) == list(range(1, 22))


@pytest.mark.parametrize("wrong", ["password", "database", "port"])
def test_a_database_that_cannot_be_opened_is_named_without_its_password(
    postgresql: PostgreSQL, tmp_path: Path, wrong: str
) -> None:
    url, secret = postgresql.url(READY), postgresql.password
    if wrong == "password":
        secret = "not-this-one"
        url = url.replace(postgresql.password, secret)
    elif wrong == "database":
        url += "_none"
    else:
        url = url.replace(f":{postgresql.port}/", ":1/")
    Place(tmp_path).name_database(url)
    with pytest.raises(StoreError) as raised:
        Store(tmp_path).start()
    assert "cannot be opened" in str(raised.value)
    assert ":***@127.0.0.1" in str(raised.value)
    assert secret not in str(raised.value)


def test_a_password_among_the_parameters_is_not_shown_either(tmp_path: Path) -> None:
    Place(tmp_path).name_database("postgresql://127.0.0.1/fleet?user=jumpguard&password=not-this-one")
    assert str(Place(tmp_path)) == "postgresql+psycopg://127.0.0.1/fleet"


@pytest.mark.parametrize("url", ["", "mysql://h/d", "postgresql://host", "postgresql://host/", "fleet", "sqlite:///f"])
def test_what_names_no_postgresql_database_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="names no PostgreSQL database"):
        Place(tmp_path).name_database(url)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "store.url").write_text(url)
    with pytest.raises(StoreError, match="names no PostgreSQL database"):
        Store(tmp_path).start()


def test_a_database_that_cannot_hold_every_name_is_refused(postgresql: PostgreSQL, tmp_path: Path) -> None:
    Place(tmp_path).name_database(postgresql.database(encoding="LATIN1"))
    with pytest.raises(StoreError, match="is kept in LATIN1"):
        Store(tmp_path).start()


def test_an_error_of_the_database_does_not_tell_rows(place: Place) -> None:
    engine = place.writing()
    row = dict.fromkeys((column.name for column in event_table.columns), "x") | {"sequence": 1, "entry": "what it says"}
    with pytest.raises(StoreError) as raised, place.failing_as("written"), engine.begin() as connection:
        for _ in range(2):
            connection.execute(event_table.insert().values(row))
    assert str(raised.value).endswith('duplicate key value violates unique constraint "events_pkey"')
    engine.dispose()


def test_reading_goes_on_after_the_database_was_started_again(own_server: PostgreSQL, tmp_path: Path) -> None:
    Place(tmp_path).name_database(own_server.database(READY))
    reader = Reader(tmp_path)
    assert reader.events() == []
    own_server.stop(signal.SIGQUIT)
    with pytest.raises(StoreError, match="cannot be read"):
        reader.events()
    own_server.start()
    wait_until(lambda: reader.events() == [], "readable again")
    reader.close()
