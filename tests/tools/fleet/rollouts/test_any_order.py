"""Whatever comes, in any order, lost, late or twice, with the backend killed in between: nothing is ordered twice, no
wave before the one before it is over, and nothing after too many have failed.
"""

import itertools
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Row

from tests.tools.fleet.rollouts.fleet import PING, Fleet
from tools.fleet.rollouts import engine
from tools.fleet.rollouts.changes import pause, resume, stop
from tools.fleet.rollouts.plan import Plan

PLAN = Plan(canary=2, percents=(60, 100), soak_s=60, timeout_s=600)
ENDED = {"healthy", "failed", "skipped"}
COUNT = 6
terminals = st.integers(0, COUNT - 1)
_numbers = itertools.count(1)


def _by_wave(target: tuple[str, Row[Any]]) -> tuple[int, str]:
    name, row = target
    return row.wave, name


class KilledError(Exception):
    """The backend's process ended within a transaction."""


class Rollout(RuleBasedStateMachine):
    """One roll-out of a command to a few terminals."""

    fleet: ClassVar[Fleet]

    def __init__(self) -> None:
        super().__init__()
        names = [f"JG-ANY{next(_numbers):04d}-{number}" for number in range(COUNT)]
        self.fleet.join(*names)
        self.number = self.fleet.begin(PING, names, PLAN, names[0])
        # In the order of their waves, which are drawn by their names: so the same steps do the same each time.
        self.names = [name for name, _ in sorted(self.fleet.targets(self.number).items(), key=_by_wave)]
        self.ended: dict[str, tuple[str, str]] = {}
        self.most = COUNT

    def teardown(self) -> None:
        if self.state in ("running", "paused"):
            self.fleet.do(stop, self.number)
        self.fleet.look(3600)

    @property
    def state(self) -> str:
        return self.fleet.state(self.number)[0]

    def ordered(self) -> list[str]:
        return [name for name in self.fleet.ordered() if name in self.names]

    @rule(seconds=st.sampled_from([0, 0, 0, 30, 61, 601]))
    def look(self, seconds: int) -> None:
        self.fleet.look(seconds)

    @rule()
    def look_and_be_killed(self) -> None:
        before = self.fleet.states(self.number), self.ordered()
        with pytest.raises(KilledError), self.fleet.engine.begin() as connection:
            engine.look(connection, self.fleet.now)
            raise KilledError
        assert (self.fleet.states(self.number), self.ordered()) == before

    @rule()
    def begin_again(self) -> None:
        self.fleet.stop()
        self.fleet.start()

    @rule(terminal=terminals, state=st.sampled_from(["accepted", "running", "succeeded", "succeeded", "failed"]))
    def answer(self, terminal: int, state: str) -> None:
        if self.names[terminal] in self.ordered():
            self.fleet.answer(self.names[terminal], state, "NOT_ALLOWED" if state == "failed" else "")

    @rule()
    def everybody_succeeds(self) -> None:
        for terminal in self.ordered():
            self.fleet.answer(terminal)

    @rule(terminal=terminals)
    def jump(self, terminal: int) -> None:
        self.fleet.jump(self.names[terminal])

    @rule(terminal=terminals, again=st.integers(1, 9))
    def an_event_comes_again(self, terminal: int, again: int) -> None:
        if again <= len(self.fleet.journals[self.names[terminal]].entries):
            self.fleet.again(self.names[terminal], again)

    @rule(terminal=terminals, presence=st.sampled_from(["online", "lost"]))
    def comes_or_goes(self, terminal: int, presence: str) -> None:
        self.fleet.presence(self.names[terminal], presence)

    @precondition(lambda self: self.state == "running")
    @rule()
    def pause(self) -> None:
        self.fleet.do(pause, self.number)

    @precondition(lambda self: self.state == "paused")
    @rule()
    def resume(self) -> None:
        self.fleet.do(resume, self.number)

    @invariant()
    def nothing_is_ordered_twice_or_forgotten(self) -> None:
        targets = self.fleet.targets(self.number)
        ordered = {name: row.ordered for name, row in targets.items() if row.ordered}
        assert sorted(self.ordered()) == sorted(ordered)
        assert ordered == {name: self.fleet.command(name).id for name in ordered}
        assert all(row.before and row.ordered_at for row in targets.values() if row.ordered)

    @invariant()
    def no_wave_begins_before_the_last_one_is_over(self) -> None:
        targets = self.fleet.targets(self.number).values()
        reached = max((row.wave for row in targets if row.ordered), default=1)
        assert reached <= self.fleet.state(self.number)[2]
        assert all(row.state in ENDED for row in targets if row.wave < reached)

    @invariant()
    def nothing_is_ordered_after_too_many_have_failed(self) -> None:
        waves = [row.wave for row in self.fleet.targets(self.number).values() if row.state == "failed"]
        if any(waves.count(wave) > PLAN.most_failures for wave in waves):
            self.most = min(self.most, len(self.ordered()))
        assert len(self.ordered()) <= self.most

    @invariant()
    def an_end_is_final_but_for_a_healthy_one_that_jumps(self) -> None:
        states = self.fleet.states(self.number)
        assert {name: states[name] for name, end in self.ended.items() if end[0] != "healthy"} == {
            name: end for name, end in self.ended.items() if end[0] != "healthy"
        }
        for name, end in self.ended.items():
            assert states[name] in (end, ("failed", "jump.detected"))
        self.ended = {name: state for name, state in states.items() if state[0] in ENDED}


def test_a_rollout_under_anything_that_comes(fleet: Fleet) -> None:
    anything = settings(max_examples=10, stateful_step_count=30, deadline=None)
    Rollout.fleet = fleet
    run_state_machine_as_test(Rollout, settings=anything)


@pytest.mark.sweep
def test_a_rollout_under_much_more_of_it(fleet: Fleet) -> None:
    more = settings(max_examples=100, stateful_step_count=50, deadline=None)
    Rollout.fleet = fleet
    run_state_machine_as_test(Rollout, settings=more)
