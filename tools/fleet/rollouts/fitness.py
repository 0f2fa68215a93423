"""Whether a terminal can be given an order now, and what it has before that."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from agent.config.configuration import COMMITTED, REJECTED
from agent.lifecycle import ACTIVE, RETIRED, UNPROVISIONED
from agent.update.version import is_newer
from tools.fleet.orders import ENDS
from tools.fleet.presence import ONLINE
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.content import BINDING, CONFIGURED, RELEASE, Content
from tools.fleet.rollouts.states import ALIVE, RETURNING, UNDER_WAY
from tools.fleet.rollouts.tables import rollout_targets, rollouts
from tools.fleet.tables import commands, configurations, events, terminals

# So many names at most in one statement.
AT_ONCE = 400


@dataclass(slots=True)
class Fitness:
    """A terminal as it is now: as last told, the configuration that it was given, and how it stands with orders."""

    terminal: str
    told: Row[Any] | None
    configuration: Row[Any] | None = None
    has_open_command: bool = False
    rollout: str = ""

    @property
    def info(self) -> dict[str, Any]:
        """What it said that it is."""
        return json.loads(self.told.info) if self.told is not None and self.told.info else {}

    @property
    def is_online(self) -> bool:
        """Whether it is there."""
        return self.told is not None and self.told.presence == ONLINE

    @property
    def lifecycle(self) -> str:
        """Its lifecycle, "" when that is unknown."""
        return (self.told.lifecycle or "") if self.told is not None else ""

    def refusal(self, content: Content, own: str = "") -> tuple[str, str]:
        """The code of why `content`, or the binding `own`, cannot be ordered, and more; two empty texts if it can."""
        if self.told is None:
            return codes.UNKNOWN, ""
        if self.lifecycle in (RETIRED, UNPROVISIONED):
            return codes.OUT_OF_SERVICE, self.lifecycle
        if self.rollout:
            return codes.IN_ROLLOUT, self.rollout
        if self.configuration is not None and self.configuration.state not in (COMMITTED, REJECTED):
            return codes.OPEN_ORDER, f"{self.configuration.version}"
        if self.has_open_command:
            return codes.OPEN_ORDER, ""
        if content.kind == BINDING:
            return self._binding_refusal(own)
        return ("", "") if content.kind in CONFIGURED else self._command_refusal(content)

    def _binding_refusal(self, own: str) -> tuple[str, str]:
        if not own:
            return codes.NO_BINDING, ""
        version, has = json.loads(own)["document"]["version"], self.info.get("binding_version", 0)
        return (codes.BINDING_NOT_NEWER, f"{version} <= {has}") if version <= has else ("", "")

    def _command_refusal(self, content: Content) -> tuple[str, str]:
        kind, args = content.command
        if self.info and kind not in self.info["commands"]:
            return codes.COMMAND_UNKNOWN, kind
        if content.kind == RELEASE and self.lifecycle != ACTIVE:
            return codes.NOT_ACTIVE, self.lifecycle
        has = str(self.info.get("software", ""))
        if content.kind == RELEASE and not is_newer(str(args["version"]), has):
            return codes.NOT_NEWER, has
        return "", ""


def look_at(connection: Connection, names: Sequence[str], besides: int = 0) -> dict[str, Fitness]:
    """Each of `names` as it is now; `rollout` is that of another roll-out than `besides` that has it."""
    found: dict[str, Fitness] = {}
    for begin in range(0, len(names), AT_ONCE):
        some = names[begin : begin + AT_ONCE]
        told = _by_terminal(connection, terminals, some)
        ordered = _by_terminal(connection, configurations, some)
        waiting = commands.c.terminal.in_(some) & commands.c.state.not_in(ENDS)
        busy = set(connection.execute(select(commands.c.terminal).where(waiting)).scalars())
        taken = _taken(connection, some, besides)
        found |= {
            name: Fitness(name, told.get(name), ordered.get(name), name in busy, taken.get(name, "")) for name in some
        }
    return found


def _by_terminal(connection: Connection, table: Any, names: Sequence[str]) -> dict[str, Row[Any]]:
    return {row.terminal: row for row in connection.execute(select(table).where(table.c.terminal.in_(names)))}


def _taken(connection: Connection, names: Sequence[str], besides: int) -> Mapping[str, str]:
    """The names of the roll-outs that have terminals of `names`."""
    mine = rollout_targets.c.terminal.in_(names) & (rollout_targets.c.rollout == rollouts.c.id)
    has = mine & rollouts.c.state.in_(ALIVE) & rollout_targets.c.state.in_((*UNDER_WAY, RETURNING))
    query = select(rollout_targets.c.terminal, rollouts.c.name).where(has & (rollouts.c.id != besides))
    return {row.terminal: row.name for row in connection.execute(query)}


def settings_before(connection: Connection, fitness: Fitness) -> dict[str, object]:
    """The settings by section that the terminal has from afar.

    Where the latest configuration does not say, the terminal's journal does: it names all values with each that it
    committed. Without one its own file counts, which is what no setting at all means.
    """
    if fitness.configuration is None:
        return {}
    document = json.loads(fitness.configuration.document)
    if fitness.configuration.state == COMMITTED and "settings" in document:
        return dict(document["settings"])
    mine = (events.c.terminal == fitness.terminal) & (events.c.kind == f"config.{COMMITTED}")
    newest = select(events.c.entry).where(mine).order_by(events.c.received_at.desc(), events.c.sequence.desc()).limit(1)
    entry = connection.execute(newest).scalar()
    return _sections(json.loads(entry)["body"].get("values")) if entry else {}


def _sections(values: object) -> dict[str, object]:
    """`section.key: value` as `{section: {key: value}}`; what is of another form is none of ours."""
    sections: dict[str, dict[str, object]] = {}
    for name, value in values.items() if isinstance(values, dict) else ():
        section, dot, key = name.partition(".")
        if dot:
            sections.setdefault(section, {})[key] = value
    return dict(sections)
