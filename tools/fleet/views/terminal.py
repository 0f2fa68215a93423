"""Everything that is known of one terminal, as a page tells it."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from tools.fleet.alerts.tables import alerts
from tools.fleet.history.tables import facts
from tools.fleet.tables import configurations, events, journals, terminal_keys, terminals

MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Known:
    """A terminal: its row, its facts and what it shall have, each as its table has it; {} where there is none."""

    terminal: str
    told: dict[str, Any]
    facts: dict[str, Any]
    configuration: dict[str, Any]
    keys_version: int

    @property
    def zone(self) -> str:
        """The merchant's time zone; "" where it is unknown."""
        return str(self.facts.get("timezone", ""))

    def told_object(self, name: str) -> dict[str, Any]:
        """What it said last on `info`, `vitals`, `state` or `config`."""
        said = json.loads(self.told.get(name) or "{}")
        return said if isinstance(said, dict) else {}

    def desired_binding(self) -> dict[str, Any]:
        """The binding that it shall have, as it was signed; {} where none was ordered."""
        signed = json.loads(self.configuration.get("document") or "{}").get("binding", {})
        document = signed.get("document", {}) if isinstance(signed, dict) else {}
        return document if isinstance(document, dict) else {}


def known(connection: Connection, terminal: str) -> Known | None:
    """What is known of `terminal`; None where nothing was ever heard of it, nor ordered."""
    told = _row(connection, terminals, terminal)
    ordered = _row(connection, configurations, terminal)
    if not told and not ordered:
        return None
    keys = _row(connection, terminal_keys, terminal)
    return Known(terminal, told, _row(connection, facts, terminal), ordered, keys.get("version", 0))


def open_alerts(connection: Connection, terminal: str) -> list[dict[str, Any]]:
    """Its open alerts, newest first; those that follow from another one as well."""
    query = select(alerts).where((alerts.c.terminal == terminal) & alerts.c.cleared_at.is_(None))
    return [dict(row) for row in connection.execute(query.order_by(alerts.c.raised_at.desc())).mappings()]


def its_journals(connection: Connection, terminal: str) -> list[dict[str, Any]]:
    """Its journals, the one that was begun last first."""
    query = select(journals).where(journals.c.terminal == terminal).order_by(journals.c.first_seen.desc())
    return [dict(row) for row in connection.execute(query).mappings()]


def entries(
    connection: Connection, terminal: str, journal_id: str, before: int = 0, most: int = MOST_ENTRIES
) -> list[dict[str, Any]]:
    """The latest stored entries of one journal, newest first; those in front of the entry `before`, unless it is 0."""
    which = (events.c.terminal == terminal) & (events.c.journal_id == journal_id)
    if before:
        which &= events.c.sequence < before
    query = select(events).where(which).order_by(events.c.sequence.desc()).limit(most)
    return [dict(row) for row in connection.execute(query).mappings()]


def _row(connection: Connection, table: Any, terminal: str) -> dict[str, Any]:
    found = connection.execute(select(table).where(table.c.terminal == terminal)).mappings().first()
    return {} if found is None else dict(found)
