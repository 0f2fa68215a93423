"""The tables of a backend that took events, gave orders and raised alarms; stores of that time have no version.

Revision ID: 0001
Revises:
"""

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, UniqueConstraint, inspect
from sqlalchemy.schema import CreateColumn

from tools.fleet.tables import Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables that are missing, and in those that are there the columns that came later.

    They begin with nothing: NULL where that may be, else 0 or "".
    """
    connection = op.get_bind()
    _then.create_all(connection)
    for table in _then.sorted_tables:
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                nothing = "" if column.nullable else " DEFAULT 0" if isinstance(column.type, Integer) else " DEFAULT ''"
                made = f"{CreateColumn(column).compile(dialect=connection.dialect)}{nothing}"
                op.execute(f"ALTER TABLE {table.name} ADD COLUMN {made}")


_then = MetaData()


def _entries(name: str, *, several: bool) -> Table:
    return Table(
        name,
        _then,
        Column("terminal", Text, primary_key=True),
        Column("journal_id", Text, primary_key=True),
        Column("sequence", BigInteger, primary_key=True, autoincrement=False),
        Column("hash", Text, primary_key=several, nullable=False),
        Column("previous", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("time", Text, nullable=False),
        Column("clock", Text, nullable=False),
        Column("boot_id", Text, nullable=False),
        Column("entry", Text, nullable=False),
        Column("received_at", Text, nullable=False),
    )


_entries("events", several=False)

_entries("strays", several=True)

Table(
    "journals",
    _then,
    Column("terminal", Text, primary_key=True),
    Column("journal_id", Text, primary_key=True),
    Column("stored_sequence", BigInteger, nullable=False),
    Column("head_hash", Text, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("fork_sequence", BigInteger),
    Column("gap_since", Text),
    Column("ack_counter", BigInteger, nullable=False),
    Column("promised_sequence", BigInteger),
    Column("promised_hash", Text),
    Column("begun_at", Text, nullable=False),
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
)

Table(
    "terminals",
    _then,
    Column("terminal", Text, primary_key=True),
    Column("state", Text),
    Column("session", BigInteger),
    Column("lifecycle", Text),
    Column("presence", Text),
    Column("told_at", Text),
    Column("seen_at", Text),
    Column("info", Text),
    Column("vitals", Text),
    Column("config", Text),
)

Table(
    "refusals",
    _then,
    Column("topic", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
)

Table(
    "alarms",
    _then,
    Column("id", Integer, primary_key=True),
    Column("terminal", Text, nullable=False),
    Column("journal_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("cleared_at", Text),
    Column("why", Text),
    UniqueConstraint("terminal", "journal_id", "kind", "sequence"),
)

Table(
    "commands",
    _then,
    Column("id", Text, primary_key=True),
    Column("terminal", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("args", Text, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("issued", Text, nullable=False),
    Column("deadline", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("progress", Integer, nullable=False),
    Column("result", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    UniqueConstraint("terminal", "counter"),
    Index("commands_by_state", "state"),
)

Table(
    "configurations",
    _then,
    Column("terminal", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("issued", Text, nullable=False),
    Column("reported", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("configurations_by_state", "state"),
)

Table(
    "key_sets",
    _then,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("fleet", Text, nullable=False),
    Column("signed", Text, nullable=False),
    Column("given_at", Text, nullable=False),
)

Table(
    "terminal_keys",
    _then,
    Column("terminal", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("highest", BigInteger, nullable=False),
    Index("terminal_keys_by_version", "version"),
)
