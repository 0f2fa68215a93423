"""What becomes of the targets that have their order: took it, stayed well, or did not."""

import json
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, and_, cast, or_, select

from agent.command.status import SUCCEEDED
from agent.command.types import LOCK
from agent.config.configuration import COMMITTED, REJECTED
from agent.lifecycle import ACTIVE
from tools.fleet import orders
from tools.fleet.alerts.tables import alerts
from tools.fleet.alerts.words import at_least
from tools.fleet.presence import ONLINE
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.content import CONFIGURED, RELEASE
from tools.fleet.rollouts.run import Run
from tools.fleet.rollouts.states import FAILED, HEALTHY, ORDERED, SKIPPED, WATCHED
from tools.fleet.rollouts.tables import rollout_targets as targets
from tools.fleet.tables import commands, configurations, terminals


def judge(run: Run) -> None:
    """Decide about every target of which something is known now; the caller commits."""
    if run.content.kind in CONFIGURED:
        _hear_configurations(run)
    else:
        _hear_commands(run)
    _time_out(run)
    _hear_alerts(run)
    _end_soaks(run)


def take(run: Run, terminal: str) -> None:
    """The target `terminal` took its order, and is watched from now on."""
    run.set(terminal, state=WATCHED, taken_at=run.now)


def _in(run: Run, state: str) -> ColumnElement[bool]:
    return run.mine & (targets.c.state == state)


def _hear_configurations(run: Run) -> None:
    mine = _in(run, ORDERED) & (configurations.c.terminal == targets.c.terminal)
    other = targets.c.ordered != cast(configurations.c.version, Text)
    query = select(configurations, other.label("other"))
    for row in run.connection.execute(query.where(mine & (other | configurations.c.state.in_((COMMITTED, REJECTED))))):
        if row.other:
            run.end(row.terminal, SKIPPED, codes.SUPERSEDED)
        elif row.state == COMMITTED:
            take(run, row.terminal)
        else:
            run.end(row.terminal, FAILED, row.reason, row.detail)


def _hear_commands(run: Run) -> None:
    """A release is taken when its event says so: the command only says that it will be fetched."""
    mine = _in(run, ORDERED) & (commands.c.id == targets.c.ordered) & (commands.c.terminal == targets.c.terminal)
    ends = [end for end in orders.ENDS if run.content.kind != RELEASE or end != SUCCEEDED]
    query = select(commands, targets.c.ordered_at, terminals.c.seen_at).where(mine & commands.c.state.in_(ends))
    for row in run.connection.execute(query.where(terminals.c.terminal == targets.c.terminal)):
        if row.state == SUCCEEDED:
            take(run, row.terminal)
        elif row.state == orders.UNANSWERED:
            _late(run, row.terminal, codes.UNANSWERED, row.seen_at, row.ordered_at)
        else:
            run.end(row.terminal, FAILED, row.code, str(json.loads(row.result).get("detail", "")))


def _time_out(run: Run) -> None:
    late = _in(run, ORDERED) & (targets.c.ordered_at < run.ago(run.plan.timeout_s))
    query = select(targets.c.terminal, targets.c.ordered_at, terminals.c.seen_at).where(late)
    for row in run.connection.execute(query.where(terminals.c.terminal == targets.c.terminal)):
        _late(run, row.terminal, codes.TIMEOUT, row.seen_at, row.ordered_at)


def _late(run: Run, terminal: str, code: str, seen_at: str | None, ordered_at: str) -> None:
    """Who was never there since the order has not failed at it."""
    if (seen_at or "") < ordered_at:
        run.end(terminal, SKIPPED, codes.AWAY)
    else:
        run.end(terminal, FAILED, code)


def _hear_alerts(run: Run) -> None:
    bad = alerts.c.severity.in_(at_least(run.plan.severity)) & alerts.c.hidden_by.is_(None)
    new = (alerts.c.raised_at > targets.c.ordered_at) & bad
    query = select(targets.c.terminal, alerts.c.kind, alerts.c.detail).where(_in(run, WATCHED))
    for row in run.connection.execute(query.where((alerts.c.terminal == targets.c.terminal) & new)):
        run.end(row.terminal, FAILED, row.kind, row.detail)


def _end_soaks(run: Run) -> None:
    """Who is away when the time is over may come back for as long as it had to take the order."""
    over = targets.c.taken_at <= run.ago(run.plan.soak_s)
    too_long = targets.c.taken_at < run.ago(run.plan.soak_s + run.plan.timeout_s)
    ready = and_(over, or_(terminals.c.presence == ONLINE, too_long))
    query = select(targets.c.before, terminals).where(_in(run, WATCHED) & ready)
    for row in run.connection.execute(query.where(terminals.c.terminal == targets.c.terminal)):
        code = _fault(run, row)
        run.end(row.terminal, FAILED if code else HEALTHY, code)


def _fault(run: Run, row: Row[Any]) -> str:
    if row.presence != ONLINE:
        return codes.AWAY_SINCE
    if json.loads(row.before)["lifecycle"] == ACTIVE != row.lifecycle and run.content.given.get("type") != LOCK:
        return codes.NOT_SELLING
    has = json.loads(row.info or "{}").get("software")
    if run.content.kind == RELEASE and has != run.content.given["version"]:
        return codes.OTHER_VERSION
    return ""
