"""What people do with roll-outs. Each checks the role and notes who did it, in the caller's transaction."""

import json
from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import Connection, insert, select, update

from provisioning.texts import _
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.errors import OrderError
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.draft import Draft, preview
from tools.fleet.rollouts.fitness import look_at
from tools.fleet.rollouts.states import DONE, PAUSED, RETURNING, RUNNING, STOPPED, WAITING
from tools.fleet.rollouts.tables import rollout_targets, rollouts
from tools.fleet.times import utc_now
from tools.fleet.views.rollouts import row_of

LONGEST_WHY = 200
_ACTIONS = {PAUSED: "pause", RUNNING: "resume", STOPPED: "stop", RETURNING: "return"}
_NOT_YET = {"ordered": "", "ordered_at": "", "taken_at": "", "ended_at": "", "before": "", "back": ""}


def start(connection: Connection, actor: Actor, draft: Draft, leave_out: bool = False) -> int:
    """Begin `draft`; returns its number. Who cannot be ordered is left out if `leave_out` says so.

    Raises OrderError when somebody would be left out otherwise, nobody is left or the name is taken; and what
    `preview` raises.
    """
    found = preview(connection, actor, draft)
    if found.refused and not leave_out:
        first = found.refused[0]
        raise OrderError(_("roll-out: {count} terminals cannot be ordered, {terminal} for one: {meaning}").format(
            count=len(found.refused), terminal=first.terminal, meaning=codes.meaning(first.code)))  # fmt: skip
    if not found.waves:
        raise OrderError(_("roll-out: no terminal is left"))
    if connection.execute(select(rollouts.c.id).where(rollouts.c.name == draft.name)).first() is not None:
        raise OrderError(_("roll-out {name!r}: there is one of this name").format(name=draft.name))
    number = _store(connection, actor, draft)
    targets = [
        {"rollout": number, "terminal": terminal, "wave": wave, "content": draft.content.own(terminal),
         "state": WAITING, "code": "", "detail": "", **_NOT_YET}
        for wave, terminals in enumerate(found.waves, 1) for terminal in terminals
    ]  # fmt: skip
    connection.execute(insert(rollout_targets), targets)
    note(connection, actor, "rollout.start", draft.name, kind=draft.content.kind, terminals=found.terminals)
    return number


def _store(connection: Connection, actor: Actor, draft: Draft) -> int:
    now = utc_now()
    row = {
        "name": draft.name,
        "kind": draft.content.kind,
        "content": json.dumps(draft.content.given),
        "plan": json.dumps(asdict(draft.plan)),
        "by": actor.name,
        "created_at": now,
        "state": RUNNING,
        "wave": 1,
        "wave_began_at": now,
        "why": "",
        "changed_at": now,
    }
    key = connection.execute(insert(rollouts), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def pause(connection: Connection, actor: Actor, number: int, why: str = "") -> None:
    """Order nothing more until it is resumed. Raises ForbiddenError, MissingError or OrderError."""
    _become(connection, actor, number, PAUSED, (RUNNING,), why)


def resume(connection: Connection, actor: Actor, number: int, why: str = "") -> None:
    """Go on with one that was paused. Raises ForbiddenError, MissingError or OrderError."""
    _become(connection, actor, number, RUNNING, (PAUSED,), why)


def stop(connection: Connection, actor: Actor, number: int, why: str = "") -> None:
    """Order nothing more, for good; what is ordered already takes its course.

    Raises ForbiddenError, MissingError or OrderError.
    """
    _become(connection, actor, number, STOPPED, (RUNNING, PAUSED), why)


def return_(connection: Connection, actor: Actor, number: int, why: str = "") -> None:
    """Give every terminal that it touched what it had, as far as there is a way back.

    Raises ForbiddenError, MissingError, or OrderError, for one when another roll-out has one of its terminals.
    """
    actor.must_be(Role.OPERATOR)
    touched = (rollout_targets.c.rollout == number) & (rollout_targets.c.ordered != "")
    names = list(connection.execute(select(rollout_targets.c.terminal).where(touched)).scalars())
    other = next((found for found in look_at(connection, names, number).values() if found.rollout), None)
    if other is not None:
        raise OrderError(_("roll-out {number}: {other!r} has {terminal} now; stop that one first").format(
            number=number, other=other.rollout, terminal=other.terminal))  # fmt: skip
    _become(connection, actor, number, RETURNING, (RUNNING, PAUSED, STOPPED, DONE), why)


def _become(connection: Connection, actor: Actor, number: int, state: str, before: Collection[str], why: str) -> None:
    actor.must_be(Role.OPERATOR)
    if len(why) > LONGEST_WHY or not why.isprintable():
        raise OrderError(_("roll-out: say why in at most {most} printable characters").format(most=LONGEST_WHY))
    row = row_of(connection, number)
    if row.state not in before:
        raise OrderError(_("roll-out {number}: it is {state}, so it cannot become {other}").format(
            number=number, state=codes.state(row.state), other=codes.state(state)))  # fmt: skip
    values = {"state": state, "why": why, "changed_at": utc_now()}
    connection.execute(update(rollouts).where(rollouts.c.id == number).values(values))
    note(connection, actor, f"rollout.{_ACTIONS[state]}", row.name, why=why)
