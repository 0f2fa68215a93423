"""The roll-outs: how far each is, and how each of its terminals stands."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from provisioning.texts import _
from tools.fleet.errors import MissingError
from tools.fleet.rollouts.plan import Plan
from tools.fleet.rollouts.run import plan_of
from tools.fleet.rollouts.states import WAITING
from tools.fleet.rollouts.tables import rollout_targets as targets
from tools.fleet.rollouts.tables import rollouts
from tools.fleet.views.found import Found, Page, found


@dataclass(frozen=True, slots=True)
class Wave:
    """How many terminals of a wave are in each state; `limit` is how many may fail."""

    number: int
    size: int
    limit: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Rollout:
    """One roll-out; `wave` of `waves` is under way or was the last, `why` the code or the words of what stopped it."""

    id: int
    name: str
    kind: str
    content: dict[str, Any]
    plan: Plan
    by: str
    created_at: str
    state: str
    wave: int
    wave_began_at: str
    why: str
    changed_at: str
    waves: list[Wave]

    @property
    def counts(self) -> dict[str, int]:
        """How many of all its terminals are in each state."""
        return _summed(wave.counts for wave in self.waves)

    @property
    def size(self) -> int:
        """How many terminals it is for."""
        return sum(wave.size for wave in self.waves)

    @property
    def decided(self) -> int:
        """How many of them were ordered or left out."""
        return self.size - self.counts.get(WAITING, 0)


@dataclass(frozen=True, slots=True)
class Target:
    """A terminal of a roll-out; `code` and `detail` say why it is `state`."""

    terminal: str
    wave: int
    state: str
    code: str
    detail: str
    ordered: str
    ordered_at: str
    taken_at: str
    ended_at: str


def row_of(connection: Connection, number: int) -> Row[Any]:
    """The row of the roll-out `number`. Raises MissingError."""
    row = connection.execute(select(rollouts).where(rollouts.c.id == number)).first()
    if row is None:
        there_is_none = _("roll-out {number}: there is none; see `jumpguard fleet rollout list`")
        raise MissingError(there_is_none.format(number=number))
    return row


def listed(connection: Connection, page: Page) -> Found[Rollout]:
    """The roll-outs, the latest first."""
    rows = found(connection, select(rollouts).order_by(rollouts.c.id.desc()), lambda row: row, page)
    counted = _counts(connection, [row.id for row in rows.items])
    return Found([_rollout(row, counted.get(row.id, {})) for row in rows.items], rows.total)


def one(connection: Connection, number: int) -> Rollout:
    """The roll-out `number`. Raises MissingError."""
    return _rollout(row_of(connection, number), _counts(connection, [number]).get(number, {}))


def its_targets(
    connection: Connection, number: int, page: Page, states: Collection[str] | None = None, wave: int | None = None
) -> Found[Target]:
    """The terminals of the roll-out `number` in one of `states` and of `wave`, wave by wave, by name; None is any.

    Raises MissingError.
    """
    row_of(connection, number)
    columns = (targets.c[name] for name in Target.__slots__)
    query = select(*columns).where(targets.c.rollout == number).order_by(targets.c.wave, targets.c.terminal)
    if states is not None:
        query = query.where(targets.c.state.in_(states))
    if wave is not None:
        query = query.where(targets.c.wave == wave)
    return found(connection, query, lambda row: Target(**row._mapping), page)


def _counts(connection: Connection, numbers: list[int]) -> dict[int, dict[int, dict[str, int]]]:
    query = select(targets.c.rollout, targets.c.wave, targets.c.state, func.count())
    query = query.where(targets.c.rollout.in_(numbers)).group_by(targets.c.rollout, targets.c.wave, targets.c.state)
    counted: dict[int, dict[int, dict[str, int]]] = {}
    for rollout, wave, state, count in connection.execute(query):
        counted.setdefault(rollout, {}).setdefault(wave, {})[state] = count
    return counted


def _rollout(row: Row[Any], counted: dict[int, dict[str, int]]) -> Rollout:
    plan = plan_of(row)
    waves = []
    for number, counts in sorted(counted.items()):
        size = sum(counts.values())
        waves.append(Wave(number, size, plan.most(size), counts))
    return Rollout(**(row._asdict() | {"content": json.loads(row.content), "plan": plan, "waves": waves}))


def _summed(several: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in several:
        for state, count in counts.items():
            total[state] = total.get(state, 0) + count
    return total
