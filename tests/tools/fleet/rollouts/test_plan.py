"""Which plans there are, and the waves that they make."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.fleet.rollouts.fleet import named
from tools.fleet.errors import OrderError
from tools.fleet.rollouts.plan import Plan


def test_a_canary_is_first_and_the_waves_behind_it_widen_to_all() -> None:
    waves = Plan(canary=2, percents=(1, 10, 50, 100)).waves("r", named(100))
    assert [len(wave) for wave in waves] == [2, 8, 40, 50], "one percent is less than the canary, so it is no wave"
    assert sorted(itertools.chain(*waves)) == named(100)


def test_a_canary_of_names_is_those() -> None:
    waves = Plan(canary=("JG-ROLL-0007", "JG-ROLL-0003")).waves("r", named(10))
    assert sorted(waves[0]) == ["JG-ROLL-0003", "JG-ROLL-0007"]
    with pytest.raises(OrderError, match="JG-ROLL-0011 is not among"):
        Plan(canary=("JG-ROLL-0011",)).waves("r", named(10))


def test_which_terminals_come_early_follows_from_the_name() -> None:
    assert Plan().waves("r", named(50)) == Plan().waves("r", named(50)[::-1]) != Plan().waves("other", named(50))


@given(st.integers(1, 60), st.integers(1, 70), st.sets(st.integers(1, 99)).map(sorted))
def test_every_terminal_is_in_one_wave_and_no_wave_is_empty(count: int, canary: int, percents: list[int]) -> None:
    waves = Plan(canary, (*percents, 100)).waves("r", named(count))
    assert sorted(itertools.chain(*waves)) == named(count) and all(waves)
    assert len(waves[0]) == min(canary, count) or len(waves[0]) > canary


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"percents": ()}, "rise and end with 100"),
        ({"percents": (10, 50)}, "rise and end with 100"),
        ({"percents": (50, 10, 100)}, "rise and end with 100"),
        ({"percents": (0, 100)}, "rise and end with 100"),
        ({"canary": 0}, "at least one"),
        ({"canary": ()}, "at least one"),
        ({"soak_s": -1}, "a soak is"),
        ({"timeout_s": 0}, "a time-out is"),
        ({"timeout_s": 8 * 86_400}, "a time-out is"),
        ({"most_failures": -1}, "from 0"),
        ({"most_percent": 100}, "0 to 99"),
        ({"severity": "bad"}, "a severity is critical, warning, info"),
        ({"away": "perhaps"}, "skipped or waited for"),
    ],
)
def test_a_plan_that_is_none_is_refused(changed: dict[str, Any], what: str) -> None:
    Plan().check()
    with pytest.raises(OrderError, match=what):
        Plan(**changed).check()


def test_the_greater_limit_counts() -> None:
    assert Plan().most(100) == 0
    assert Plan(most_failures=2).most(3) == 2
    assert [Plan(most_failures=1, most_percent=5).most(size) for size in (10, 39, 100)] == [1, 1, 5]
