"""What terminals tell of themselves, and whether they are there.

A will is old news as soon as the terminal is heard again, and a broker may deliver what it kept late or twice. So a
`lost` or `offline` of an older session is ignored, and whatever a terminal said after it was lost is a sign of life.
"""

from collections.abc import Collection, Sequence
from dataclasses import fields

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, insert, select, update

from tools.fleet import many
from tools.fleet.contract import CONFIG_REPORTED, Event, Report
from tools.fleet.forms import State, Vitals
from tools.fleet.history import samples
from tools.fleet.history.connections import Change
from tools.fleet.history.samples import Sample
from tools.fleet.rows import Terminal
from tools.fleet.tables import terminals

ONLINE = "online"
_COLUMNS = {"info": "info", "vitals": "vitals", CONFIG_REPORTED: "config"}
_NAMES = tuple(field.name for field in fields(Terminal))
_VALUES: dict[str, BindParameter[object]] = {name: bindparam(name) for name in _NAMES}
_INSERT = insert(terminals).values(_VALUES)
# How a terminal stands seldom changes, and what is set is written into its index anew, whether it changes or not.
_INDEXED = ("presence", "lifecycle")
_REST = {name: value for name, value in _VALUES.items() if name not in ("terminal", *_INDEXED)}
_UPDATE = update(terminals).where(terminals.c.terminal == bindparam("of")).values(_REST)
_MOVE = (
    update(terminals)
    .where(terminals.c.terminal == bindparam("of"))
    .values({name: bindparam(name) for name in _INDEXED})
)
_Standing = tuple[str | None, str | None, int | None]


class Presence:
    """Takes the messages of one transaction, in the order in which they came; the caller commits."""

    def __init__(self, connection: Connection, now: str) -> None:
        self._connection = connection
        self._now = now
        self._terminals: dict[str, Terminal] = {}
        self._new: set[str] = set()
        self._standing: dict[str, _Standing] = {}
        self._stored: dict[str, _Standing] = {}
        # How terminals came to stand otherwise than before, and which of their vitals are samples.
        self.changes: list[Change] = []
        self.samples: list[Sample] = []

    def take(self, batch: Sequence[Event | Report]) -> Collection[Terminal]:
        """Note what `batch` says about its terminals; returns these, as they are now."""
        self._look_up({message.terminal for message in batch})
        for message in batch:
            terminal = self._terminals[message.terminal]
            if isinstance(message, Event):
                self._heard_in_event(terminal, message)
            elif isinstance(message.said, State):
                self._told_state(terminal, message, message.said)
            else:
                if message.channel in _COLUMNS:
                    setattr(terminal, _COLUMNS[message.channel], message.text)
                if not message.retained:
                    self._heard(terminal, self._now)
                    self._sample(terminal, message)
            self._compare(terminal)
        self._save()
        return self._terminals.values()

    def _look_up(self, names: set[str]) -> None:
        for row in self._connection.execute(select(terminals).where(terminals.c.terminal.in_(names))):
            self._terminals[row.terminal] = Terminal(*row)
        self._new = names - self._terminals.keys()
        self._terminals |= {name: Terminal(name) for name in self._new}
        self._stored = {name: _standing(terminal) for name, terminal in self._terminals.items()}
        self._standing = self._stored.copy()

    def _compare(self, terminal: Terminal) -> None:
        """Note how `terminal` stands now, where that is not as before the latest message."""
        before, standing = self._standing[terminal.terminal], _standing(terminal)
        if standing == before:
            return
        self._standing[terminal.terminal] = standing
        state = None if terminal.state is None else msgspec.json.decode(terminal.state, type=State)
        self.changes.append(
            Change(
                terminal.terminal,
                self._now,
                terminal.presence or "",
                terminal.lifecycle or "",
                terminal.session or 0,
                "" if state is None else state.boot_id,
                "" if state is None else state.journal_id,
                is_other=before[:2] != standing[:2],
            )
        )

    def _sample(self, terminal: Terminal, message: Report) -> None:
        if isinstance(message.said, Vitals) and samples.is_due(terminal, self._now):
            terminal.sampled_at = self._now
            self.samples.append((terminal.terminal, message.said))

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
        rows = [
            {name: getattr(terminal, name) for name in _NAMES} | {"of": terminal.terminal}
            for terminal in self._terminals.values()
        ]
        new = [row for row in rows if row["of"] in self._new]
        known = [row for row in rows if row["of"] not in self._new]
        many.execute(self._connection, _INSERT, new)
        many.execute(self._connection, _UPDATE, known)
        many.execute(
            self._connection, _MOVE, [row for row in known if self._standing[row["of"]] != self._stored[row["of"]]]
        )


def _standing(terminal: Terminal) -> _Standing:
    return terminal.presence, terminal.lifecycle, terminal.session
