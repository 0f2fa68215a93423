"""The forms of time that are stored."""

from agent.clock import StepWatch, is_before, is_utc_second, milliseconds
from tests.portable.ports.machine import ManualClock


def test_a_utc_second_is_told_from_everything_else() -> None:
    for good in ("2026-11-23T03:04:05Z", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert is_utc_second(good), good
    for bad in (
        "", "2026-11-23", "2026-11-23T03:04:05", "2026-11-23T03:04:05.678Z", "2026-11-23 03:04:05Z",
        "2026-11-23T03:04:05z", "2026-11-23T03:04:05+", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "２026-11-23T03:04:05Z", "2026-11-2٣T03:04:05Z", " 026-11-23T03:04:05Z",
        "-026-11-23T03:04:05Z",
    ):  # fmt: skip
        assert not is_utc_second(bad), bad
    for other in (None, 20261123, True, b"2026-11-23T03:04:05Z", ["2026-11-23T03:04:05Z"]):
        assert not is_utc_second(other), other


def test_before_means_by_a_second_at_least() -> None:
    assert is_before("2026-11-23T03:04:04Z", "2026-11-23T03:04:05Z")
    assert is_before("2026-11-23T03:04:04.999Z", "2026-11-23T03:04:05.000Z")
    assert is_before("2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z")
    assert not is_before("2026-11-23T03:04:05Z", "2026-11-23T03:04:05Z")
    assert not is_before("2026-11-23T03:04:05.001Z", "2026-11-23T03:04:05.999Z")
    assert not is_before("2026-11-23T03:04:05.999Z", "2026-11-23T03:04:05Z")
    assert not is_before("2026-11-23T03:04:06Z", "2026-11-23T03:04:05Z")


def test_a_time_in_milliseconds_counts_from_1970() -> None:
    for utc, expected in (
        ("1970-01-01T00:00:00.000Z", 0), ("2000-02-29T12:00:00.001Z", 951_825_600_001),
        ("2026-11-23T03:04:05.678Z", 1_795_403_045_678),
    ):  # fmt: skip
        assert milliseconds(utc) == expected, utc


def test_a_clock_that_runs_was_not_set_and_one_that_jumps_was() -> None:
    clock = ManualClock("2026-11-23T03:04:05.000Z")
    watch = StepWatch(clock)
    for now, stepped in (
        ("2026-11-23T03:04:05.000Z", False),
        ("2026-11-23T03:05:05.000Z", False),  # a minute: a task that had to wait
        ("2026-11-23T03:06:06.000Z", True),
        ("2026-11-23T03:06:06.000Z", False),
        ("2026-11-23T03:05:05.000Z", True),  # back
        ("2036-11-23T03:05:05.000Z", True),
        ("1970-01-02T00:00:00.000Z", True),
        ("1970-01-02T00:00:00.000Z", False),
    ):
        clock.now = now
        assert watch.stepped() == stepped, now
