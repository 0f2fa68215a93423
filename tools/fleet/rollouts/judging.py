"""What becomes of the targets that have their order: took it, stayed well, or did not."""

import json
from collections.abc import Iterator
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
from tools.fleet.rollouts.run import Run, Verdict
from tools.fleet.rollouts.selling import sells_worse
from tools.fleet.rollouts.states import FAILED, HEALTHY, ORDERED, SKIPPED, WATCHED
from tools.fleet.rollouts.tables import rollout_targets as targets
from tools.fleet.tables import commands, configurations, terminals


def judge(run: Run) -> None:
    """Decide about every target of which something is known now; the caller commits."""
    heard = _heard_of_configurations if run.content.kind in CONFIGURED else _heard_of_commands
    for step in (heard, _late, _alerted, _soaked):
        run.decide(step(run))


def _in(run: Run, state: str) -> ColumnElement[bool]:
    return run.mine & (targets.c.state == state)


def _heard_of_configurations(run: Run) -> Iterator[Verdict]:
    mine = _in(run, ORDERED) & (configurations.c.terminal == targets.c.terminal)
    other = targets.c.ordered != cast(configurations.c.version, Text)
    query = select(configurations, other.label("other"))
    for row in run.connection.execute(query.where(mine & (other | configurations.c.state.in_((COMMITTED, REJECTED))))):
        if row.other:
            yield Verdict(row.terminal, SKIPPED, codes.SUPERSEDED)
        elif row.state == COMMITTED:
            yield Verdict(row.terminal, WATCHED)
        else:
            yield Verdict(row.terminal, FAILED, row.reason, row.detail)


def _heard_of_commands(run: Run) -> Iterator[Verdict]:
    """A release is taken when its event says so: the command only says that it will be fetched."""
    mine = _in(run, ORDERED) & (commands.c.id == targets.c.ordered) & (commands.c.terminal == targets.c.terminal)
    ends = [end for end in orders.ENDS if run.content.kind != RELEASE or end != SUCCEEDED]
    query = select(commands, targets.c.ordered_at, terminals.c.seen_at).where(mine & commands.c.state.in_(ends))
    for row in run.connection.execute(query.where(terminals.c.terminal == targets.c.terminal)):
        if row.state == SUCCEEDED:
            yield Verdict(row.terminal, WATCHED)
        elif row.state == orders.UNANSWERED:
            yield _in_vain(row.terminal, codes.UNANSWERED, row.seen_at, row.ordered_at)
        else:
            yield Verdict(row.terminal, FAILED, row.code, str(json.loads(row.result).get("detail", "")))


def _late(run: Run) -> Iterator[Verdict]:
    late = _in(run, ORDERED) & (targets.c.ordered_at < run.ago(run.plan.timeout_s))
    query = select(targets.c.terminal, targets.c.ordered_at, terminals.c.seen_at).where(late)
    for row in run.connection.execute(query.where(terminals.c.terminal == targets.c.terminal)):
        yield _in_vain(row.terminal, codes.TIMEOUT, row.seen_at, row.ordered_at)


def _in_vain(terminal: str, code: str, seen_at: str | None, ordered_at: str) -> Verdict:
    """Who was never there since the order has not failed at it."""
    if (seen_at or "") < ordered_at:
        return Verdict(terminal, SKIPPED, codes.AWAY)
    return Verdict(terminal, FAILED, code)


def _alerted(run: Run) -> Iterator[Verdict]:
    bad = alerts.c.severity.in_(at_least(run.plan.severity)) & alerts.c.hidden_by.is_(None)
    new = (alerts.c.raised_at > targets.c.ordered_at) & bad
    query = select(targets.c.terminal, alerts.c.kind, alerts.c.detail).where(_in(run, WATCHED))
    for row in run.connection.execute(query.where((alerts.c.terminal == targets.c.terminal) & new)):
        yield Verdict(row.terminal, FAILED, row.kind, row.detail)


def _soaked(run: Run) -> Iterator[Verdict]:
    """Who is away when the time is over may come back for as long as it had to take the order."""
    over = targets.c.taken_at <= run.ago(run.plan.soak_s)
    too_long = targets.c.taken_at < run.ago(run.plan.soak_s + run.plan.timeout_s)
    ready = and_(over, or_(terminals.c.presence == ONLINE, too_long))
    query = select(targets.c.before, terminals, sells_worse(run).label("worse")).where(_in(run, WATCHED) & ready)
    for row in run.connection.execute(query.where(terminals.c.terminal == targets.c.terminal)):
        code = _fault(run, row)
        yield Verdict(row.terminal, FAILED if code else HEALTHY, code)


def _fault(run: Run, row: Row[Any]) -> str:
    if row.presence != ONLINE:
        return codes.AWAY_SINCE
    if json.loads(row.before)["lifecycle"] == ACTIVE != row.lifecycle and run.content.given.get("type") != LOCK:
        return codes.NOT_SELLING
    if row.worse:
        return codes.SELLS_WORSE
    has = json.loads(row.info or "{}").get("software")
    if run.content.kind == RELEASE and has != run.content.given["version"]:
        return codes.OTHER_VERSION
    return ""
