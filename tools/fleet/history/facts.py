"""What a terminal is known by: whom it is bound to, what it runs, since when it is as it is, and its latest sale.

Each group of facts keeps the position of the entry that it is from. A later entry replaces it, whenever that comes.
"""

import json
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection, select

from agent.binding.history import TAKEN_UP
from agent.binding.identifiers import is_mid
from agent.config.desired import BINDING
from agent.lifecycle import CHANGED
from agent.sale.kinds import SALE_AUTHORISING
from agent.sale.outcome import CLOSING
from tools.fleet.contract import Event
from tools.fleet.forms import Info
from tools.fleet.history.connections import Change
from tools.fleet.history.kept import Kept, Row
from tools.fleet.history.positions import NOWHERE, Positions, position
from tools.fleet.history.tables import facts
from tools.fleet.plain import plain
from tools.fleet.tables import configurations

CONFIG_COMMITTED = "config.committed"
_LONGEST = 64
# A region of GB/T 2260, and where a merchant number has its first four digits.
_REGION_IN_MID = slice(3, 7)

Body = dict[str, object]


def _bound(row: Row, event: Event) -> None:
    words = _text(event.entry.body, "bound").split(" ")
    if len(words) == 3:
        row["acquirer"], row["mid"], row["tid"] = words


def _named(row: Row, event: Event) -> None:
    for name in ("merchant", "timezone"):
        row[name] = _text(event.entry.body, name)


def _ended(row: Row, event: Event) -> None:
    row["last_sale_at"], row["last_sale_result"] = event.entry.time, _text(event.entry.body, "result")


def _changed(row: Row, event: Event) -> None:
    row["reason"] = _text(event.entry.body, "reason")


# Kinds of entries, where the position of the latest is kept, and what it tells.
_TOLD: dict[str, tuple[str, Callable[[Row, Event], None]]] = {
    TAKEN_UP: ("bound_by", _bound),
    SALE_AUTHORISING: ("named_by", _named),
    CHANGED: ("reason_by", _changed),
    **dict.fromkeys(CLOSING, ("sale_by", _ended)),
}
_GROUPS = {
    "bound_by": ("acquirer", "mid", "tid"),
    "named_by": ("merchant", "timezone"),
    "reason_by": ("reason",),
    "sale_by": ("last_sale_at", "last_sale_result"),
}
KINDS = (*_TOLD, CONFIG_COMMITTED)


class Facts:
    """Takes what came in one transaction, or what is stored; the caller commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._positions = Positions(connection)
        self._rows = Kept(connection, facts, _fresh)

    def take(self, events: Sequence[Event], changes: Sequence[Change], infos: Sequence[tuple[str, Info]]) -> None:
        """Note what `events`, `changes` of how terminals stand, and what terminals say of themselves, tell."""
        telling = [event for event in events if event.entry.kind in KINDS]
        names = {event.terminal for event in telling} | {change.terminal for change in changes}
        names |= {terminal for terminal, _ in infos}
        if not names:
            return
        self._rows.look_up(facts.c.terminal.in_(names))
        for change in changes:
            self._stands(change)
        for terminal, info in infos:
            self._is(self._rows.row(terminal), info)
        self._hear([event for event in telling if event.entry.kind in _TOLD])
        self._bind([event for event in telling if event.entry.kind == CONFIG_COMMITTED])
        self._rows.save()

    def begin_anew(self, terminal: str) -> None:
        """Have the next entry of each kind replace what is known, wherever it stands."""
        self._rows.look_up(facts.c.terminal == terminal)
        self._rows.row(terminal).update(dict.fromkeys(_GROUPS, NOWHERE))
        self._rows.save()

    def end_anew(self, terminal: str) -> None:
        """Forget what no entry has told since `begin_anew`."""
        self._rows.look_up(facts.c.terminal == terminal)
        row = self._rows.row(terminal)
        for group, names in _GROUPS.items():
            if row[group] == NOWHERE:
                row.update(dict.fromkeys(names, ""))
        _place(row)
        self._rows.save()

    def _stands(self, change: Change) -> None:
        row = self._rows.row(change.terminal)
        if change.is_other or not row["since"]:
            row["since"] = change.at

    def _is(self, row: Row, info: Info) -> None:
        row["software"], row["hardware"] = plain(info.software, _LONGEST), plain(info.hardware, _LONGEST)
        if isinstance(info.binding_version, int):
            row["binding_version"] = info.binding_version

    def _hear(self, events: Iterable[Event]) -> None:
        for event in events:
            group, tell = _TOLD[event.entry.kind]
            row = self._rows.row(event.terminal)
            if self._replaces(row, group, event):
                tell(row, event)
                _place(row)

    def _replaces(self, row: Row, group: str, event: Event) -> bool:
        """Whether `event` is later than what `row` has its facts of `group` from; then it is noted as that."""
        here = position(event)
        if not self._positions.is_later(event.terminal, here, row[group]):
            return False
        row[group] = here
        return True

    def _bind(self, committed: Sequence[Event]) -> None:
        """A configuration that brought a binding is in force: what that says, unless another was ordered since."""
        names = {event.terminal for event in committed}
        wanted = select(configurations.c.terminal, configurations.c.version, configurations.c.document)
        rows = self._connection.execute(wanted.where(configurations.c.terminal.in_(names))) if names else ()
        ordered = {(row.terminal, row.version): _binding(row.document) for row in rows}
        for event in committed:
            version = event.entry.body.get("version")
            said = ordered.get((event.terminal, version)) if isinstance(version, int) else None
            if said is not None:
                row = self._rows.row(event.terminal)
                row["binding_mid"], row["binding_region"] = _text(said, "mid"), _text(said, "region")
                if self._replaces(row, "named_by", event):
                    row["merchant"], row["timezone"] = _text(said, "name"), _text(said, "timezone")
                _place(row)


def _fresh(terminal: str) -> Row:
    row: Row = {column.name: "" for column in facts.columns}
    return row | {"terminal": terminal, "binding_version": 0}


def _place(row: Row) -> None:
    """The region of the binding where that is known, else the four digits of it that the merchant number has."""
    if row["binding_region"] and row["binding_mid"] == row["mid"]:
        row["region"] = row["binding_region"]
    else:
        digits = row["mid"][_REGION_IN_MID] if is_mid(row["mid"]) else ""
        row["region"] = digits if digits.isdigit() else ""


def _binding(document: str) -> Body | None:
    """The binding in a configuration that was ordered."""
    signed = json.loads(document).get(BINDING)
    said = signed.get("document") if isinstance(signed, dict) else None
    return said if isinstance(said, dict) else None


def _text(body: Body, name: str) -> str:
    value = body.get(name, "")
    return plain(value, _LONGEST) if isinstance(value, str) else ""
