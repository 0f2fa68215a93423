"""Moving a fleet's store from its file into a PostgreSQL database.

All of it is copied in one transaction and compared before that is committed; only then the directory names the
database. Whatever ends it before leaves the file in force, and the database without a row.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Table, create_engine, select
from sqlalchemy.sql import func

from tools.fleet.errors import StoreError
from tools.fleet.place import Place
from tools.fleet.schema import bring_up_to_date, metadata
from tools.fleet.store import Store

BATCH = 1000
# A table, how many of its rows are there, and how many there will be.
Progress = Callable[[str, int, int], None]


def name(directory: Path, url: str, move: bool, progress: Progress) -> None:
    """Have the store of `directory` be the PostgreSQL database `url`; `move` what is in its file there.

    Raises StoreError when a backend has either of them, when the directory's store is a database already, when the file
    has content that is not to be moved, and when the database has content.
    """
    here, there = Place(directory), Place(directory, url)
    if not here.is_file:
        raise StoreError(f"store: it is {here} already; take {here.url_file} away to have it be another one")
    with ExitStack() as stack:
        store = Store(directory)
        stack.callback(store.stop)
        store.start()
        source, target, empty = here.writing(), there.writing_alone(), _rows_of_a_new_store()
        for engine in (source, target):
            stack.callback(engine.dispose)
        # Nobody orders anything meanwhile.
        with here.failing_as("read"), source.begin() as old, there.failing_as("written"):
            counts = rows(old)
            if counts != empty and not move:
                raise StoreError(f"store: {here} has content; give --move to have it moved to the database")
            bring_up_to_date(target)
            with target.begin() as new:
                if rows(new) != empty:
                    raise StoreError(f"store: {there} has content already; name a database that is empty")
                _move(old, new, counts, progress)
            here.name_database(url)


def rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


def _rows_of_a_new_store() -> dict[str, int]:
    engine = create_engine("sqlite://")
    bring_up_to_date(engine)
    with engine.connect() as connection:
        return rows(connection)


def _move(old: Connection, new: Connection, counts: dict[str, int], progress: Progress) -> None:
    for table in reversed(metadata.sorted_tables):
        new.execute(table.delete())
    for table in metadata.sorted_tables:
        done = 0
        for batch in old.execute(_ordered(table)).mappings().partitions():
            new.execute(table.insert(), [dict(row) for row in batch])
            done += len(batch)
            progress(table.name, done, counts[table.name])
        _count_on(new, table)
        for before, after in zip_longest(_read(old, table), _read(new, table)):
            if before is None or after is None or tuple(before) != tuple(after):
                raise StoreError(f"store: table {table.name} is not the same in the database; nothing was moved")


def _ordered(table: Table) -> Any:
    return select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)


def _read(connection: Connection, table: Table) -> Iterator[Row[Any]]:
    return iter(connection.execute(_ordered(table)))


def _count_on(connection: Connection, table: Table) -> None:
    """Numbers that the database gives go on behind those that were copied."""
    column = table.autoincrement_column
    if column is not None:
        highest = connection.execute(select(func.max(column))).scalar()
        if highest is not None:
            counter = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(counter, highest)))
