"""Gives the targets of a wave their order, each in the same transaction in which what it had is written down."""

import json

from sqlalchemy import select

from tools.fleet.orders import desire, order_command
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.content import CONFIGURED
from tools.fleet.rollouts.fitness import Fitness, look_at, settings_before
from tools.fleet.rollouts.plan import SKIP
from tools.fleet.rollouts.run import Run
from tools.fleet.rollouts.states import ORDERED, SKIPPED, WAITING
from tools.fleet.rollouts.tables import rollout_targets as targets

# So many in one transaction: others wait for it.
AT_ONCE = 200


def give(run: Run) -> None:
    """Order what is to be ordered in the wave under way; the caller commits."""
    waiting = run.mine & (targets.c.wave == run.wave) & (targets.c.state == WAITING)
    query = select(targets.c.terminal, targets.c.content).where(waiting).order_by(targets.c.terminal).limit(AT_ONCE)
    rows = run.connection.execute(query).all()
    fitness = look_at(run.connection, [row.terminal for row in rows], run.id)
    for row in rows:
        found = fitness[row.terminal]
        code, detail = found.refusal(run.content, row.content)
        if not code and not found.is_online and run.plan.away == SKIP:
            code = codes.AWAY
        if code:
            run.end(row.terminal, SKIPPED, code, detail)
        else:
            before = json.dumps(_before(run, found))
            run.set(row.terminal, state=ORDERED, before=before, ordered=_order(run, row.terminal, row.content),
                    ordered_at=run.now)  # fmt: skip


def _order(run: Run, terminal: str, own: str) -> str:
    """The command's id or the configuration's version."""
    if run.content.kind in CONFIGURED:
        return str(desire(run.connection, terminal, run.content.document(own)))
    kind, args = run.content.command
    return order_command(run.connection, terminal, kind, args, run.plan.timeout_s)


def _before(run: Run, fitness: Fitness) -> dict[str, object]:
    info = fitness.info
    before: dict[str, object] = {
        "lifecycle": fitness.lifecycle,
        "software": info.get("software", ""),
        "binding_version": info.get("binding_version", 0),
    }
    if run.content.kind in CONFIGURED:
        before["settings"] = settings_before(run.connection, fitness)
    return before
