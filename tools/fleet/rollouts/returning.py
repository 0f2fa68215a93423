"""Gives every terminal that a roll-out touched what it had, as far as there is a way back.

Settings go back as a new version with the old content. A binding that was taken stays: only its signer can make a
newer one. A release stays, too, since terminals take none that is not newer. Of the commands, lock and unlock undo each
other.
"""

import json
from typing import Any

from sqlalchemy import Row, func, select

from agent.command.status import SUCCEEDED
from agent.command.types import LOCK, UNLOCK
from agent.config.configuration import COMMITTED, REJECTED
from agent.lifecycle import ACTIVE, LOCKED
from agent.sale.kinds import JUMP_DETECTED
from tools.fleet.orders import ENDS, MOST_S, desire, order_command
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.content import BINDING, CONFIGURED, RELEASE
from tools.fleet.rollouts.ordering import AT_ONCE
from tools.fleet.rollouts.run import Run
from tools.fleet.rollouts.states import KEPT, RETURNED, RETURNING
from tools.fleet.rollouts.tables import rollout_targets as targets
from tools.fleet.tables import commands, configurations, terminals

# What undoes a command, and the lifecycle before it for which that is right.
_UNDONE_BY = {LOCK: (UNLOCK, ACTIVE), UNLOCK: (LOCK, LOCKED)}
_OVER = (RETURNED, KEPT)
# After these a release may be there, or come yet; after any other code the terminal has the one before.
_UNSURE = ("", codes.TIMEOUT, codes.UNANSWERED, JUMP_DETECTED)


def go_on(run: Run) -> None:
    """Give back what is to be given back next, and hear what came of it; the caller commits."""
    touched = run.mine & (targets.c.ordered != "")
    query = select(targets).where(touched).order_by(targets.c.terminal)
    for row in run.connection.execute(query.where(targets.c.state == RETURNING)).all():
        _hear(run, row)
    fresh = targets.c.state.not_in((RETURNING, *_OVER))
    for row in run.connection.execute(query.where(fresh).limit(AT_ONCE)).all():
        _give_back(run, row)
    left = run.connection.execute(select(func.count()).where(touched & targets.c.state.not_in(_OVER))).scalar_one()
    if not left:
        run.change(state=RETURNED)


def _give_back(run: Run, row: Row[Any]) -> None:
    if run.content.kind in CONFIGURED:
        _configuration_back(run, row)
    elif run.content.kind == RELEASE:
        refused = not row.taken_at and row.code not in _UNSURE
        run.end(row.terminal, RETURNED if refused else KEPT, row.code if refused else codes.NO_WAY_BACK)
    else:
        _command_back(run, row)


def _configuration_back(run: Run, row: Row[Any]) -> None:
    now = _configuration(run, row.terminal)
    if str(now.version) != row.ordered:
        run.end(row.terminal, KEPT, codes.SUPERSEDED)
    elif now.state == REJECTED:
        run.end(row.terminal, RETURNED, row.code, row.detail)
    elif now.state == COMMITTED and run.content.kind == BINDING:
        run.end(row.terminal, KEPT, codes.NEEDS_RESTORE, _version_before(row))
    else:
        # One that is not decided yet is called off by it: its binding is not in the new version.
        version = desire(run.connection, row.terminal, {"settings": json.loads(row.before)["settings"]})
        run.set(row.terminal, state=RETURNING, back=str(version))


def _command_back(run: Run, row: Row[Any]) -> None:
    """An order that is open is waited for: it may have been taken, and ends with its deadline."""
    given = run.connection.execute(select(commands.c.state).where(commands.c.id == row.ordered)).scalar_one()
    undo, before = _UNDONE_BY.get(str(run.content.given["type"]), ("", ""))
    if given not in ENDS:
        run.set(row.terminal, state=RETURNING)
    elif given != SUCCEEDED:
        run.end(row.terminal, RETURNED, row.code, row.detail)
    elif not undo or json.loads(row.before)["lifecycle"] != before:
        run.end(row.terminal, KEPT, codes.NOTHING_TO_RETURN)
    else:
        args: dict[str, object] = {"reason": f"roll-out {run.id} is returned"}
        run.set(row.terminal, state=RETURNING, back=order_command(run.connection, row.terminal, undo, args, MOST_S))


def _hear(run: Run, row: Row[Any]) -> None:
    if not row.back:
        _give_back(run, row)
    elif run.content.kind in CONFIGURED:
        _hear_configuration(run, row)
    else:
        back = run.connection.execute(select(commands).where(commands.c.id == row.back)).one()
        if back.state == SUCCEEDED:
            run.end(row.terminal, RETURNED)
        elif back.state in ENDS:
            run.end(row.terminal, KEPT, back.code or codes.UNANSWERED)


def _hear_configuration(run: Run, row: Row[Any]) -> None:
    now = _configuration(run, row.terminal)
    if str(now.version) != row.back:
        run.end(row.terminal, KEPT, codes.SUPERSEDED)
    elif now.state == REJECTED:
        run.end(row.terminal, KEPT, now.reason, now.detail)
    elif now.state == COMMITTED and run.content.kind == BINDING and _has_binding(run, row):
        run.end(row.terminal, KEPT, codes.NEEDS_RESTORE, _version_before(row))
    elif now.state == COMMITTED:
        run.end(row.terminal, RETURNED)


def _configuration(run: Run, terminal: str) -> Row[Any]:
    return run.connection.execute(select(configurations).where(configurations.c.terminal == terminal)).one()


def _has_binding(run: Run, row: Row[Any]) -> bool:
    """Whether the terminal took the binding before it was called off."""
    told = run.connection.execute(select(terminals.c.config).where(terminals.c.terminal == row.terminal)).scalar()
    return bool(json.loads(told or "{}").get("binding_version") == json.loads(row.content)["document"]["version"])


def _version_before(row: Row[Any]) -> str:
    return f"version {json.loads(row.before)['binding_version']}"
