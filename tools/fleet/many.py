"""Many rows by one statement, which SQLAlchemy writes once for the database; the rows go to its driver as they are.

SQLAlchemy's own way looks up anew, for each row, which of its values stands where: that takes longer than to store it.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Insert, Update
from sqlalchemy.engine import Dialect

_Values = Callable[[Mapping[str, Any]], Any]
# By statement and kind of database.
_written: dict[tuple[Insert | Update, str], tuple[str, _Values]] = {}


def execute(connection: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute `statement` with each of `rows`, which give every value that it takes, and have the same names.

    Only what a driver takes as it is may be in them: texts, numbers, booleans and None. `statement` is kept, so it is
    to be one of a module's.
    """
    if not rows:
        return
    key = statement, connection.dialect.name
    if key not in _written:
        _written[key] = _write(statement, connection.dialect, rows[0])
    text, values = _written[key]
    connection.exec_driver_sql(text, [values(row) for row in rows])


def _write(statement: Insert | Update, dialect: Dialect, row: Mapping[str, Any]) -> tuple[str, _Values]:
    compiled = statement.compile(dialect=dialect, column_keys=list(row))
    if compiled.positional:
        names = compiled.positiontup
        assert names is not None and len(names) > 1  # itemgetter makes a tuple of two and more
        return str(compiled), itemgetter(*names)
    return str(compiled), dict
