"""Writes into a store what a fleet would have told over days."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert

from tools.fleet.alerts.tables import alerts
from tools.fleet.history.tables import facts
from tools.fleet.tables import terminals


def put(connection: Connection, table: Table, /, **values: Any) -> None:
    """A row of `table`; what has to be there and is not given is empty or 0."""
    for column in table.columns:
        if not column.nullable and not column.primary_key and column.name not in values:
            values[column.name] = "" if column.type.python_type is str else column.type.python_type(0)
    connection.execute(insert(table), values)


def put_terminal(connection: Connection, name: str, presence: str = "online", /, **known: Any) -> None:
    """A terminal, and what is known of it: its facts, and `lifecycle` and `seen_at`."""
    told = {key: known.pop(key) for key in ("lifecycle", "seen_at", "info", "vitals", "config") if key in known}
    told.setdefault("lifecycle", "active")
    put(connection, terminals, terminal=name, presence=presence, **told)
    put(connection, facts, terminal=name, **known)


def put_alert(connection: Connection, terminal: str, kind: str, severity: str, /, **values: Any) -> None:
    """An alert that is open unless `values` end it."""
    values.setdefault("raised_at", ago(5))
    put(connection, alerts, terminal=terminal, kind=kind, severity=severity, **values)


def ago(minutes: float) -> str:
    """The time so many minutes ago, as the store has it."""
    moment = datetime.now(UTC) - timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
