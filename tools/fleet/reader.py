"""Looks at the fleet's store without being able to change it."""

from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Select, Table, select

from tools.fleet import tables
from tools.fleet.place import Place
from tools.fleet.rows import (
    Alarm,
    Command,
    Configuration,
    GivenKeySet,
    Journal,
    Refusal,
    StoredEvent,
    Terminal,
    TerminalKeys,
)

_Row = TypeVar(
    "_Row", Alarm, Command, Configuration, GivenKeySet, Journal, Refusal, StoredEvent, Terminal, TerminalKeys
)


class Reader:
    """Read-only queries on the store of the backend in `directory`; each sees what was committed when it began.

    Every method raises StoreError when there is no store there.
    """

    def __init__(self, directory: Path) -> None:
        self.place = Place(directory)
        self._engine = self.place.reading()

    def close(self) -> None:
        """Give the store back."""
        self._engine.dispose()

    def terminals(self, terminal: str | None = None) -> list[Terminal]:
        """One terminal, or every one that was ever heard, by name."""
        return self._rows(Terminal, tables.terminals, terminal, "terminal")

    def journals(self, terminal: str | None = None) -> list[Journal]:
        """The journals of one terminal or of all, as they were first seen."""
        return self._rows(Journal, tables.journals, terminal, "terminal", "first_seen")

    def events(self, terminal: str | None = None) -> list[StoredEvent]:
        """The stored entries of one terminal or of all, journal by journal, in order."""
        return self._rows(StoredEvent, tables.events, terminal, "terminal", "journal_id", "sequence")

    def strays(self, terminal: str | None = None) -> list[StoredEvent]:
        """The entries of one terminal or of all that are part of no journal's line, in order."""
        return self._rows(StoredEvent, tables.strays, terminal, "terminal", "journal_id", "sequence", "hash")

    def alarms(self, terminal: str | None = None) -> list[Alarm]:
        """The alarms of one terminal or of all, oldest first; those that are over as well."""
        return self._rows(Alarm, tables.alarms, terminal, "id")

    def commands(self, terminal: str | None = None) -> list[Command]:
        """The commands to one terminal or to all, in the order in which they were given."""
        return self._rows(Command, tables.commands, terminal, "counter")

    def configurations(self, terminal: str | None = None) -> list[Configuration]:
        """What one terminal or all shall have."""
        return self._rows(Configuration, tables.configurations, terminal, "terminal")

    def key_sets(self) -> list[GivenKeySet]:
        """The key sets that the backend was given, the newest last."""
        return self._rows(GivenKeySet, tables.key_sets, None, "version")

    def terminal_keys(self) -> list[TerminalKeys]:
        """Which key set each terminal has."""
        return self._rows(TerminalKeys, tables.terminal_keys, None, "terminal")

    def refusals(self) -> list[Refusal]:
        """What was refused, by topic and reason."""
        return self._rows(Refusal, tables.refusals, None, "topic", "reason")

    def _rows(self, form: type[_Row], table: Table, terminal: str | None, *order: str) -> list[_Row]:
        query: Select[Any] = select(*(table.c[field.name] for field in fields(form)))
        if terminal is not None:
            query = query.where(table.c.terminal == terminal)
        self.place.check()
        ordered = query.order_by(*(table.c[name] for name in order))
        with self.place.failing_as("read"), self._engine.connect() as connection:
            return [form(**row._mapping) for row in connection.execute(ordered)]
