"""What terminals tell of themselves, and whether they are there.

A will is old news as soon as the terminal is heard again, and a broker may deliver what it kept late or twice. So a
`lost` or `offline` of an older session is ignored, and whatever a terminal said after it was lost is a sign of life.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields

from sqlalchemy import BindParameter, Connection, bindparam, insert, select, update

from tools.fleet.contract import CONFIG_REPORTED, Event, Report
from tools.fleet.forms import State
from tools.fleet.rows import Terminal
from tools.fleet.tables import terminals

ONLINE = "online"
_COLUMNS = {"info": "info", "vitals": "vitals", CONFIG_REPORTED: "config"}
_VALUES: dict[str, BindParameter[object]] = {field.name: bindparam(field.name) for field in fields(Terminal)}


class Presence:
    """Takes the messages of one transaction, in the order in which they came; the caller commits."""

    def __init__(self, connection: Connection, now: str) -> None:
        self._connection = connection
        self._now = now
        self._terminals: dict[str, Terminal] = {}
        self._new: set[str] = set()

    def take(self, batch: Sequence[Event | Report]) -> Collection[Terminal]:
        """Note what `batch` says about its terminals; returns these, as they are now."""
        for message in batch:
            terminal = self._terminal(message.terminal)
            if isinstance(message, Event):
                self._heard_in_event(terminal, message)
            elif isinstance(message.said, State):
                self._told_state(terminal, message, message.said)
            else:
                if message.channel in _COLUMNS:
                    setattr(terminal, _COLUMNS[message.channel], message.text)
                if not message.retained:
                    self._heard(terminal, self._now)
        self._save()
        return self._terminals.values()

    def _terminal(self, name: str) -> Terminal:
        if name not in self._terminals:
            row = self._connection.execute(select(terminals).where(terminals.c.terminal == name)).first()
            self._terminals[name] = Terminal(name) if row is None else Terminal(**row._mapping)
            if row is None:
                self._new.add(name)
        return self._terminals[name]

    def _told_state(self, terminal: Terminal, report: Report, state: State) -> None:
        if report.retained and report.text == terminal.state:
            return  # the broker repeats itself to a new subscription
        if state.state != ONLINE and terminal.session is not None and state.session < terminal.session:
            return
        terminal.state = report.text
        terminal.session = state.session
        terminal.lifecycle = state.lifecycle
        terminal.presence = state.state
        terminal.told_at = self._now
        if state.state == ONLINE and not report.retained:
            self._heard(terminal, self._now)

    def _heard_in_event(self, terminal: Terminal, event: Event) -> None:
        # An event may have waited at the broker or in the terminal: only its own time says when the terminal lived.
        if event.entry.clock == "synced":
            self._heard(terminal, min(event.entry.time, self._now))

    def _heard(self, terminal: Terminal, at: str) -> None:
        terminal.seen_at = max(at, terminal.seen_at or at)
        if terminal.told_at is None or at >= terminal.told_at:
            terminal.presence = ONLINE

    def _save(self) -> None:
        rows = [asdict(terminal) | {"of": name} for name, terminal in self._terminals.items()]
        new = [row for row in rows if row["of"] in self._new]
        known = [row for row in rows if row["of"] not in self._new]
        if new:
            self._connection.execute(insert(terminals).values(_VALUES), new)
        if known:
            self._connection.execute(
                update(terminals).where(terminals.c.terminal == bindparam("of")).values(_VALUES), known
            )
