"""What terminals tell in events that decides about a target: a jump, and how a release went.

Looked at once, in the transaction that stores the event: the same once more, or one from before the order, is nothing.
"""

import re
from collections.abc import Sequence

from sqlalchemy import Connection, select

from agent.sale.kinds import JUMP_DETECTED
from agent.update.updates import COMMITTED, FAILED
from tools.fleet.contract import Event, Report
from tools.fleet.rollouts.content import RELEASE
from tools.fleet.rollouts.run import OPEN, Run, alive
from tools.fleet.rollouts.states import FAILED as FAILED_TARGET
from tools.fleet.rollouts.states import HEALTHY, ORDERED, WATCHED
from tools.fleet.rollouts.tables import rollout_targets as targets
from tools.fleet.tables import events

_KINDS = (JUMP_DETECTED, FAILED, COMMITTED)
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


def take(connection: Connection, batch: Sequence[Event | Report], now: str) -> None:
    """Note what `batch`, stored at `now`, means for roll-outs that are alive; the caller commits."""
    telling = [event for event in batch if isinstance(event, Event) and event.entry.kind in _KINDS]
    runs = list(alive(connection, now)) if telling else []
    for event in telling if runs else ():
        if _is_new(connection, event, now):
            for run in runs:
                _tell(run, event)


def _is_new(connection: Connection, event: Event, now: str) -> bool:
    terminal, journal_id, sequence = event.key
    here = (events.c.terminal == terminal) & (events.c.journal_id == journal_id) & (events.c.sequence == sequence)
    row = connection.execute(select(events.c.hash, events.c.received_at).where(here)).first()
    return row is not None and (row.hash, row.received_at) == (event.hash, now)


def _tell(run: Run, event: Event) -> None:
    name, kind, body = event.terminal, event.entry.kind, event.entry.body
    mine = run.mine & (targets.c.terminal == name) & targets.c.state.in_((*OPEN, HEALTHY))
    target = run.connection.execute(select(targets.c.state).where(mine)).first()
    if target is None:
        return
    if kind == JUMP_DETECTED:
        run.end(name, FAILED_TARGET, JUMP_DETECTED)
    elif run.content.kind == RELEASE and body.get("version") == run.content.given["version"]:
        if kind == FAILED:
            code = str(body.get("code"))
            run.end(name, FAILED_TARGET, code if _CODE.fullmatch(code) else FAILED)
        elif target.state == ORDERED:
            run.end(name, WATCHED)
