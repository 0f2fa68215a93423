"""Goes on with the roll-outs: each look is one transaction, and what it decides and orders is in it whole."""

from sqlalchemy import Connection

from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.rollouts import codes, returning
from tools.fleet.rollouts.judging import judge
from tools.fleet.rollouts.ordering import give
from tools.fleet.rollouts.run import Run, alive
from tools.fleet.rollouts.states import DONE, FAILED, HEALTHY, RETURNING, RUNNING, STOPPED, UNDER_WAY

BACKEND = Actor("backend", Role.OPERATOR)


def look(connection: Connection, now: str) -> None:
    """Decide about what was ordered, stop what fails, order what is next (UTC `now`); the caller commits."""
    for run in alive(connection, now):
        judge(run)
        if run.state == RUNNING:
            _go_on(run)
        elif run.state == RETURNING:
            returning.go_on(run)


def _go_on(run: Run) -> None:
    counts = run.counts()
    for wave, states in sorted(counts.items()):
        failed, size = states.get(FAILED, 0), sum(states.values())
        if failed > run.plan.most(size):
            return _stop(run, codes.TOO_MANY_FAILED, wave=wave, failed=failed, of=size)
    if any(counts[run.wave].get(state) for state in UNDER_WAY):
        return give(run)
    if run.wave == max(counts):
        return run.change(state=DONE)
    if not counts[run.wave].get(HEALTHY):
        return _stop(run, codes.NONE_HEALTHY, wave=run.wave)
    run.wave += 1
    run.change(wave=run.wave, wave_began_at=run.now)
    return give(run)


def _stop(run: Run, code: str, **detail: object) -> None:
    run.change(state=STOPPED, why=code)
    note(run.connection, BACKEND, "rollout.stop", run.name, code=code, **detail)
