"""Where a fleet's store is, and how it is opened: an SQLite file in the backend's directory, or a PostgreSQL database.

The directory names the database in its file `store.url`. Statements are written for both.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from board import private_file
from tools.fleet.errors import StoreError

STORE_NAME = "fleet.sqlite"
URL_NAME = "store.url"
_DIALECT = "postgresql"
DRIVER = "postgresql+psycopg"
# How long a transaction waits for those of other processes.
WAIT_SECONDS = 30.0
# How long SQLite's log grows, 32 MB, before it goes into the file: a page that many batches write goes there but once.
_LOG_PAGES = 8_000
# How soon a server of a database that does not answer any more is given up: libpq's own waits take hours.
_REACH_SECONDS = 10
_PATIENCE: dict[str, Any] = {
    "connect_timeout": _REACH_SECONDS,
    "keepalives_idle": _REACH_SECONDS,
    "keepalives_interval": _REACH_SECONDS,
    "keepalives_count": 2,
    "tcp_user_timeout": 3 * _REACH_SECONDS * 1000,
}
# PostgreSQL's locks that we ask for by number: of whoever writes, until the transaction ends, and of the one backend.
WRITING_LOCK = 0x4A47_0001
BACKEND_LOCK = 0x4A47_0002
_LOCK_SECONDS = 3.0
# Names of merchants are Chinese.
_ENCODING = "UTF8"


class Place:
    """The store of the backend in `directory`, or the database at `url` that it may become.

    Every method raises StoreError when `store.url` names none.
    """

    def __init__(self, directory: Path, url: str = "") -> None:
        self.directory = directory
        self._url = url

    @property
    def file(self) -> Path:
        """Where an SQLite store lies."""
        return self.directory / STORE_NAME

    @property
    def url_file(self) -> Path:
        """What names the database, where there is one."""
        return self.directory / URL_NAME

    @property
    def url(self) -> URL:
        """The database."""
        if self._url:
            return postgresql(self._url)
        try:
            return postgresql(self.url_file.read_text("utf-8").strip())
        except FileNotFoundError:
            return URL.create("sqlite", database=str(self.file))
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"store: {self.url_file} cannot be read ({error}); write the URL into it") from error

    @property
    def is_file(self) -> bool:
        """Whether it is an SQLite store."""
        return self.url.get_backend_name() != _DIALECT

    def __str__(self) -> str:
        """The file, or the database's URL without what may be secret in it."""
        return str(self.file) if self.is_file else self.url.set(query={}).render_as_string(hide_password=True)

    def check(self) -> None:
        """Raise StoreError when there is no store yet, as far as that can be told without opening it."""
        if self.is_file and not self.file.is_file():
            raise StoreError(
                f"store: there is none at {self.file}; give the directory that the backend was given,"
                " or start the backend first: jumpguard fleet ingest"
            )

    def name_database(self, url: str) -> None:
        """Have the store be the PostgreSQL database `url` from now on; nothing is moved there."""
        postgresql(url)
        self.directory.mkdir(parents=True, exist_ok=True)
        private_file.replace(self.url_file, f"{url}\n".encode())

    def writing(self) -> Engine:
        """An engine whose commits are on disk when they return.

        Several processes may have one: a transaction waits from its beginning until those of others are over, so that
        what it reads is still so when it writes.
        """
        if self.is_file:
            engine = create_engine(self.url, connect_args={"timeout": WAIT_SECONDS})
            event.listen(engine, "connect", _make_durable)
            event.listen(engine, "begin", _begin_at_once)
        else:
            engine = self._database(f"-c lock_timeout={int(WAIT_SECONDS * 1000)} -c synchronous_commit=on")
            event.listen(engine, "begin", _lock_out_others)
        return engine

    def writing_alone(self) -> Engine:
        """The engine of the one backend, which another one cannot have meanwhile, not on another machine either.

        A database's lock is held by each connection that this makes, so that it lasts as long as that can write. To use
        it raises StoreError where another backend has the store. An SQLite file is locked by whoever has its directory.
        """
        engine = self.writing()
        if not self.is_file:
            event.listen(engine, "connect", self._take_backend_lock)
        elif not self.file.exists():
            # It holds hashes of passwords, and where messages are sent; what SQLite puts beside it is as private.
            try:
                private_file.create(self.file, b"")
            except OSError as error:
                raise StoreError(f"store: {self.file} cannot be made: {error.strerror}") from error
        return engine

    def reading(self) -> Engine:
        """An engine that cannot change the store, and sees in a transaction what was committed when that began.

        A backend may be writing meanwhile.
        """
        if self.is_file:
            uri = self.file.resolve().as_uri()
            return create_engine(URL.create("sqlite", database=uri, query={"mode": "ro", "uri": "true"}))
        return self._database("-c default_transaction_read_only=on", isolation_level="REPEATABLE READ")

    def size(self, connection: Connection) -> int:
        """How many bytes the store takes up, as `connection` to it tells."""
        if self.is_file:
            return sum(file.stat().st_size for file in self.directory.glob(f"{STORE_NAME}*"))
        found: int = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return found

    @contextmanager
    def failing_as(self, what: str) -> Iterator[None]:
        """Raise as a StoreError what fails in the database: the store cannot be `what`, such as "written"."""
        try:
            yield
        except SQLAlchemyError as error:
            # Neither the error's own text, which would quote the parameters, nor the details below the driver's line.
            why = str(error.__cause__ or error).partition("\n")[0]
            raise StoreError(f"store: {self} cannot be {what}: {why}") from error

    def _database(self, options: str, **settings: Any) -> Engine:
        try:
            # A connection that the server has ended meanwhile is replaced at its next use.
            return create_engine(
                self.url, connect_args=_PATIENCE | {"options": options}, pool_pre_ping=True, **settings
            )
        except ModuleNotFoundError as error:
            raise StoreError(
                f"store: {self} needs the package {error.name}; install the project with its extra `fleet`"
            ) from error

    def _take_backend_lock(self, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        fault = ""
        if not _is_locked(cursor):
            fault = f"another backend writes {self}; end it first"
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone() or ("",)
        if encoding != _ENCODING:
            fault = f"{self} is kept in {encoding}; have the database created with ENCODING '{_ENCODING}'"
        connection.commit()
        if fault:
            connection.close()
            raise StoreError(f"store: {fault}")


def _is_locked(cursor: DBAPICursor) -> bool:
    """Whether the lock of the one backend is had; one that was just killed has it until the server notices that."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        cursor.execute(f"SELECT pg_try_advisory_lock({BACKEND_LOCK})")
        (taken,) = cursor.fetchone() or (False,)
        if taken or time.monotonic() > deadline:
            return bool(taken)
        time.sleep(0.05)


def postgresql(text: str) -> URL:
    """The URL of a PostgreSQL database. Raises StoreError."""
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() != _DIALECT or not url.database:
        # Not the text itself: it may hold a password.
        raise StoreError(f"store: {URL_NAME} names no PostgreSQL database, such as postgresql://user@host/fleet")
    return url.set(drivername=DRIVER)


def _make_durable(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver would begin a transaction by itself, and only at its first change.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
    cursor.close()


def _begin_at_once(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock_out_others(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITING_LOCK})
