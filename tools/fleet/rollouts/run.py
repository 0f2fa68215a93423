"""A roll-out as the engine works on it, in one transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, bindparam, func, or_, select, update

from tools.fleet.plain import plain
from tools.fleet.rollouts.content import Content
from tools.fleet.rollouts.plan import Plan
from tools.fleet.rollouts.states import ORDERED, PAUSED, RETURNING, RUNNING, WATCHED
from tools.fleet.rollouts.tables import rollout_targets as targets
from tools.fleet.rollouts.tables import rollouts
from tools.fleet.times import moved

# What waits to be decided about: an order that was given, also by a roll-out that was stopped since.
OPEN = (ORDERED, WATCHED)


class Verdict(NamedTuple):
    """The target `terminal` is `state` from now on, WATCHED or an end; a `detail` may be what a terminal said."""

    terminal: str
    state: str
    code: str = ""
    detail: str = ""


_DECIDED: dict[str, BindParameter[object]] = {name: bindparam(f"to_{name}") for name in ("state", "code", "detail")}


def _parameters(verdict: Verdict) -> dict[str, str]:
    return {
        "of": verdict.terminal,
        "to_state": verdict.state,
        "to_code": verdict.code,
        "to_detail": plain(verdict.detail),
    }


@dataclass(slots=True)
class Run:
    """The roll-out `id` in the transaction of `connection` at `now` (UTC)."""

    connection: Connection
    now: str
    id: int
    name: str
    content: Content
    plan: Plan
    state: str
    wave: int

    @property
    def mine(self) -> ColumnElement[bool]:
        """Its targets."""
        return targets.c.rollout == self.id

    def ago(self, seconds: int) -> str:
        """The time `seconds` before now."""
        return moved(self.now, timedelta(seconds=-seconds))

    def counts(self) -> dict[int, dict[str, int]]:
        """How many targets of each wave are in each state."""
        query = select(targets.c.wave, targets.c.state, func.count()).where(self.mine)
        counted: dict[int, dict[str, int]] = {}
        for wave, state, count in self.connection.execute(query.group_by(targets.c.wave, targets.c.state)):
            counted.setdefault(wave, {})[state] = count
        return counted

    def change(self, **values: object) -> None:
        """Change the roll-out's own row."""
        self.state = str(values.get("state", self.state))
        mine = rollouts.c.id == self.id
        self.connection.execute(update(rollouts).where(mine).values(changed_at=self.now, **values))

    def set(self, terminal: str, **values: object) -> None:
        """Change the row of the target `terminal`."""
        self.connection.execute(update(targets).where(self.mine & (targets.c.terminal == terminal)).values(**values))

    def end(self, terminal: str, state: str, code: str = "", detail: str = "") -> None:
        """See `decide`."""
        self.decide([Verdict(terminal, state, code, detail)])

    def decide(self, verdicts: Iterable[Verdict]) -> None:
        """Note `verdicts`, a wave's at once: one statement for all, since others wait for the transaction."""
        found = list(verdicts)
        taken = [_parameters(one) for one in found if one.state == WATCHED]
        ended = [_parameters(one) for one in found if one.state != WATCHED]
        change = update(targets).where(self.mine & (targets.c.terminal == bindparam("of"))).values(_DECIDED)
        for rows, at in ((taken, targets.c.taken_at), (ended, targets.c.ended_at)):
            if rows:
                self.connection.execute(change.values({at: self.now}), rows)


def plan_of(row: Row[Any]) -> Plan:
    """The plan of a row of `rollouts`."""
    values = json.loads(row.plan)
    canary = values["canary"] if isinstance(values["canary"], int) else tuple(values["canary"])
    return Plan(**(values | {"canary": canary, "percents": tuple(values["percents"])}))


def alive(connection: Connection, now: str) -> Iterable[Run]:
    """The roll-outs in which something may be to be done at `now`; quickly none, as nearly always."""
    open_ = select(targets.c.rollout).where(targets.c.state.in_(OPEN))
    wanted = or_(rollouts.c.state.in_((RUNNING, PAUSED, RETURNING)), rollouts.c.id.in_(open_))
    rows: Sequence[Row[Any]] = connection.execute(select(rollouts).where(wanted).order_by(rollouts.c.id)).all()
    for row in rows:
        content = Content(row.kind, json.loads(row.content))
        yield Run(connection, now, row.id, row.name, content, plan_of(row), row.state, row.wave)
