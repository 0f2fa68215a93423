"""Rows of a table that a transaction reads once, changes in memory, and writes back together."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, insert, update

from tools.fleet import many

Row = dict[str, Any]


class Kept:
    """The rows of `table` that were looked up so far, by the values of its primary key; `fresh` makes a new one."""

    def __init__(self, connection: Connection, table: Table, fresh: Callable[..., Row]) -> None:
        self._connection = connection
        self._table = table
        self._fresh = fresh
        self._key = [column.name for column in table.primary_key.columns]
        self._rows: dict[tuple[str, ...], Row] = {}
        self._stored: dict[tuple[str, ...], Row] = {}

    def look_up(self, which: ColumnElement[bool]) -> None:
        """Read the rows `which`."""
        names = self._table.columns.keys()
        for values in self._connection.execute(self._table.select().where(which)):
            row = dict(zip(names, values, strict=True))
            key = tuple(row[name] for name in self._key)
            self._rows[key], self._stored[key] = row, row.copy()

    def row(self, *key: str) -> Row:
        """The row of `key`, to be changed in place; a fresh one where none was found."""
        if key not in self._rows:
            self._rows[key] = self._fresh(*key)
        return self._rows[key]

    def save(self) -> None:
        """Write what is new or changed."""
        new = [row for key, row in self._rows.items() if key not in self._stored]
        changed = [row for key, row in self._rows.items() if row != self._stored.get(key, row)]
        many.execute(self._connection, _insert(self._table), new)
        many.execute(self._connection, _update(self._table), self._named(changed))

    def _named(self, rows: Iterable[Row]) -> list[Row]:
        """Without a name twice: those of the key tell which row it is."""
        return [{f"of_{name}" if name in self._key else name: value for name, value in row.items()} for row in rows]


_insert = functools.cache(insert)


@functools.cache
def _update(table: Table) -> Any:
    values: Row = {column.name: bindparam(column.name) for column in table.columns if not column.primary_key}
    which = [column == bindparam(f"of_{column.name}") for column in table.primary_key.columns]
    return update(table).where(*which).values(values)
