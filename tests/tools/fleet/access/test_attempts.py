"""How failures make the next log-in wait."""

import pytest

from tools.fleet.access.attempts import ADDRESS_WAITS, FORGOTTEN_AFTER, FREE, NAME_WAITS, Attempts
from tools.fleet.errors import TooManyTriesError

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock)


def waits(attempts: Attempts, name: str, address: str) -> int:
    """For how many seconds a log-in has to wait; 0 when it was counted."""
    try:
        attempts.begin(name, address)
    except TooManyTriesError as error:
        return error.seconds
    return 0


def test_a_few_mistakes_are_free_and_each_further_one_waits_longer(attempts: Attempts, clock: Clock) -> None:
    assert [waits(attempts, "adam", HERE) for _ in range(FREE + 1)] == [0] * FREE + [1]
    assert waits(attempts, "adam", HERE) == 1, "asking early does not lengthen it"
    seen = []
    for number in range(8):
        clock.now += ADDRESS_WAITS
        assert waits(attempts, f"user{number}", HERE) == 0
        seen.append(waits(attempts, f"user{number}", HERE))
    assert seen == [2, 4, 8, 16, 32, ADDRESS_WAITS, ADDRESS_WAITS, ADDRESS_WAITS]


def test_one_password_for_many_names_waits_by_the_address(attempts: Attempts) -> None:
    tries = [waits(attempts, f"user{number}", HERE) for number in range(FREE + 1)]
    assert tries[-1] > 0
    assert waits(attempts, "user0", THERE) == 0


def test_many_addresses_make_a_name_wait_for_seconds_only(attempts: Attempts, clock: Clock) -> None:
    for number in range(50):
        clock.now += waits(attempts, "adam", f"198.51.100.{number}")
        assert waits(attempts, "adam", f"198.51.100.{number}") <= NAME_WAITS
    assert 0 < waits(attempts, "adam", HERE) <= NAME_WAITS


def test_who_got_in_from_an_address_is_not_kept_out_by_others(attempts: Attempts, clock: Clock) -> None:
    attempts.begin("adam", HERE)
    attempts.succeeded("adam", HERE)
    for number in range(50):
        waits(attempts, "adam", f"198.51.100.{number}")
        waits(attempts, f"user{number}", HERE)
    assert waits(attempts, "adam", THERE) > 0
    assert waits(attempts, "vera", HERE) > 0
    assert waits(attempts, "adam", HERE) == 0
    assert [waits(attempts, "adam", HERE) for _ in range(FREE)][-1] > 0, "but no guesses without end either"


def test_a_log_in_of_ones_own_does_not_make_guessing_free(attempts: Attempts) -> None:
    for number in range(FREE):
        attempts.begin(f"user{number}", HERE)
        attempts.begin("mallory", HERE)
        attempts.succeeded("mallory", HERE)
    assert waits(attempts, "adam", HERE) > 0


def test_failures_are_forgotten(attempts: Attempts, clock: Clock) -> None:
    for _ in range(FREE):
        attempts.begin("adam", HERE)
    assert waits(attempts, "adam", HERE) > 0
    clock.now += FORGOTTEN_AFTER + 1
    assert [waits(attempts, "adam", HERE) for _ in range(FREE + 1)] == [0] * FREE + [1]
