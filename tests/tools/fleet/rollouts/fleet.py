"""A store with terminals that say what a test has them say; time passes when the test says so."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row, select

from tests.tools.fleet.intake import events
from tests.tools.fleet.publisher import Journal
from tools.fleet.access.actor import Actor, Role
from tools.fleet.contract import COMMAND_STATUS, CONFIG_REPORTED, Report
from tools.fleet.forms import CommandStatus, Info, Reported, State, Vitals
from tools.fleet.rollouts.changes import start
from tools.fleet.rollouts.content import COMMAND, SETTINGS, Content
from tools.fleet.rollouts.draft import Draft
from tools.fleet.rollouts.plan import Plan
from tools.fleet.rollouts.tables import rollout_targets, rollouts
from tools.fleet.store import Store
from tools.fleet.tables import commands, configurations
from tools.fleet.times import moved, utc_now

OPERATOR = Actor("wang", Role.OPERATOR)
VIEWER = Actor("li", Role.VIEWER)
PING = Content(COMMAND, {"type": "ping", "args": {}})
PERIOD = Content(SETTINGS, {"link": {"vitals_period_s": 300}})
KNOWN = ["lock", "ping", "restart", "unlock", "update"]


def named(count: int) -> list[str]:
    return [f"JG-ROLL-{number:04d}" for number in range(1, count + 1)]


class Fleet:
    """Terminals of a real store; `now` is the backend's time."""

    def __init__(self, directory: Path) -> None:
        self.store = Store(directory)
        self.now = utc_now()
        self.journals: dict[str, Journal] = {}

    def start(self) -> "Fleet":
        self.store.start()
        self.engine = self.store.place.writing()
        return self

    def stop(self) -> None:
        self.engine.dispose()
        self.store.stop()

    def join(self, *terminals: str, lifecycle: Any = "active", software: str = "0.1.0", binding: int = 1) -> None:
        for terminal in terminals:
            self.journals.setdefault(terminal, Journal(terminal))
            self.presence(terminal, "online", lifecycle)
            self.tell(terminal, "info", Info("desk", software, "3.11", KNOWN, binding_version=binding))

    def presence(self, terminal: str, state: Any, lifecycle: Any = "active") -> None:
        self.tell(terminal, "state", State(state, 1, lifecycle, "boot-1", "0" * 32))

    def tell(self, terminal: str, channel: str, said: Any) -> None:
        text = msgspec.json.encode(said).decode()
        self.store.take([Report(terminal, channel, text, False, said)], self.now)

    def event(self, terminal: str, kind: str, **body: object) -> None:
        """The terminal writes an entry down, and its event comes."""
        entry = self.journals[terminal].add(kind=kind, body=body, time=self.now)
        self.again(terminal, int(str(entry["sequence"])))

    def again(self, terminal: str, sequence: int) -> None:
        self.store.take(events(self.journals[terminal], sequence), self.now)

    def jump(self, terminal: str) -> None:
        self.event(terminal, "jump.detected", sale=f"s{len(self.journals[terminal].entries)}", fields=["mid"],
                   stage="answer", expected={}, observed={}, causes=[], reverses=True)  # fmt: skip

    def sell(self, terminal: str, result: str) -> None:
        """A sale of the terminal comes to its end `result`."""
        sale = f"{terminal}-{len(self.journals[terminal].entries)}"
        self.event(terminal, "sale.finished", sale=sale, result=result, code="")

    def answer(self, terminal: str, state: Any = "succeeded", code: str = "") -> None:
        """The terminal's latest command has come to `state`."""
        row = self.command(terminal)
        said = CommandStatus("jumpguard.command-status/1", row.type, row.id, state, code, 100, {})
        self.tell(terminal, COMMAND_STATUS, said)

    def report(self, terminal: str, state: Any = "committed", reason: str = "", binding: int = 1) -> None:
        """The terminal has made this of its latest configuration."""
        version = self.configuration(terminal).version
        said = Reported("jumpguard.config-reported/1", version, state, reason, "", binding, "")
        self.tell(terminal, CONFIG_REPORTED, said)

    def vitals(self, terminal: str, alarms: str) -> None:
        """The terminal says that `alarms` are up."""
        self.tell(terminal, "vitals", Vitals(alarms=alarms))

    def command(self, terminal: str) -> Row[Any]:
        rows: list[Row[Any]] = self._rows(select(commands).where(commands.c.terminal == terminal).order_by("counter"))
        return rows[-1]

    def configuration(self, terminal: str) -> Row[Any]:
        (row,) = self._rows(select(configurations).where(configurations.c.terminal == terminal))
        assert isinstance(row, Row)
        return row

    def ordered(self) -> list[str]:
        """Whom commands were given to, in order."""
        rows = self._rows(select(commands.c.terminal).order_by(commands.c.counter, commands.c.terminal))
        return [row.terminal for row in rows]

    def begin(
        self, content: Content, terminals: Sequence[str], plan: Plan, name: str = "first", leave_out: bool = False
    ) -> int:
        number = self.do(start, Draft(name, content, terminals, plan), leave_out)
        assert isinstance(number, int)
        return number

    def do(self, change: Any, *args: Any, actor: Actor = OPERATOR) -> Any:
        with self.engine.begin() as connection:
            return change(connection, actor, *args)

    def look(self, seconds: float = 0.0) -> None:
        """The backend looks once, so many seconds later."""
        self.now = moved(self.now, timedelta(seconds=seconds + 0.001))
        self.store.roll_out(self.now)

    def state(self, number: int = 1) -> tuple[str, str, int]:
        row = self._rows(select(rollouts).where(rollouts.c.id == number))[0]
        return row.state, row.why, row.wave

    def targets(self, number: int = 1) -> dict[str, Row[Any]]:
        rows = self._rows(select(rollout_targets).where(rollout_targets.c.rollout == number))
        return {row.terminal: row for row in rows}

    def states(self, number: int = 1) -> dict[str, tuple[str, str]]:
        return {name: (row.state, row.code) for name, row in self.targets(number).items()}

    def wave(self, wave: int, number: int = 1) -> list[str]:
        return [name for name, row in self.targets(number).items() if row.wave == wave]

    def _rows(self, query: Any) -> list[Any]:
        with self.engine.begin() as connection:
            return list(connection.execute(query).all())
