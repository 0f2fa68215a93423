"""Whether a terminal sells as well as before it took its order: a code that sales fail with is not always a jump."""

from sqlalchemy import ColumnElement, func, select

from agent.sale.outcome import APPROVED
from tools.fleet.history.tables import sales
from tools.fleet.rollouts.run import Run
from tools.fleet.rollouts.tables import rollout_targets as targets

# Fewer sales without an approved one may be chance.
TRIES = 3
_DAY_S = 86_400


def sells_worse(run: Run) -> ColumnElement[bool]:
    """Of a target: it sold within a day before its soak, and since it took the order it tried and sold nothing."""
    since, approved = sales.c.at > targets.c.taken_at, sales.c.result == APPROVED
    lately = (sales.c.at > run.ago(run.plan.soak_s + _DAY_S)) & (sales.c.at <= targets.c.taken_at)
    tried_in_vain = (_count(since & (sales.c.result != "")) >= TRIES) & (_count(since & approved) == 0)
    return tried_in_vain & (_count(lately & approved) > 0)


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    mine = sales.c.terminal == targets.c.terminal
    return select(func.count()).select_from(sales).where(mine & which).correlate(targets).scalar_subquery()
