"""Samples are rolled up once each, whenever the backend is killed; and only then deleted."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from tests.tools.fleet.history.told import Told
from tools.fleet.alerts.tables import alerts, notifications
from tools.fleet.errors import OrderError
from tools.fleet.history import retention, rollups
from tools.fleet.tables import events as event_table

# Two windows, and when they are over.
TIMES = [f"2026-11-26T10:0{minute}:00.000Z" for minute in (0, 1, 4, 5, 9)]
OVER = "2026-11-26T10:10:30.000Z"


@pytest.fixture
def sampled(told: Told) -> Told:
    for number, time in enumerate(TIMES):
        told.report("vitals", {"load1_milli": number, "rss_kib": 10 * number}, time)
    return told


def work(told: Told, step: Callable[[Connection], bool]) -> int:
    """Take `step` until nothing is left to do, each in a transaction; how many there were."""
    steps = 0
    while told.store.upkeep(step):
        steps += 1
    return steps


def rolled_up(told: Told, now: str = OVER) -> dict[str, Any]:
    work(told, lambda connection: rollups.step(connection, now))
    return {row["start"][11:16]: json.loads(row["readings"]) for row in told.rollups()}


def test_five_minutes_are_least_mean_most_and_count(sampled: Told) -> None:
    assert rolled_up(sampled) == {
        "10:00": {"load1_milli": [0, 1, 2, 3], "rss_kib": [0, 10, 20, 3]},
        "10:05": {"load1_milli": [3, 3.5, 4, 2], "rss_kib": [30, 35, 40, 2]},
    }


@pytest.mark.parametrize(
    ("now", "starts"),
    [("2026-11-26T10:05:29.999Z", []), ("2026-11-26T10:05:30.000Z", ["10:00"]), (OVER, ["10:00", "10:05"])],
)
def test_five_minutes_are_rolled_up_when_they_are_over(sampled: Told, now: str, starts: list[str]) -> None:
    assert list(rolled_up(sampled, now)) == starts


def test_a_kill_between_two_steps_or_in_one_leaves_none_out_and_none_twice(
    sampled: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "STEP", 1)
    other = Told(sampled.store, sampled.terminal + "-B")
    for time in TIMES:
        other.report("vitals", {"load1_milli": 7}, time)

    def killed(connection: Connection) -> bool:
        rollups.step(connection, OVER)
        raise KeyboardInterrupt

    for _ in range(6):
        with pytest.raises(KeyboardInterrupt):
            sampled.store.upkeep(killed)
        sampled.store.upkeep(lambda connection: rollups.step(connection, OVER))
    assert rolled_up(sampled) == {
        "10:00": {"load1_milli": [0, 1, 2, 3], "rss_kib": [0, 10, 20, 3]},
        "10:05": {"load1_milli": [3, 3.5, 4, 2], "rss_kib": [30, 35, 40, 2]},
    }
    assert rolled_up(other) == {"10:00": {"load1_milli": [7, 7, 7, 3]}, "10:05": {"load1_milli": [7, 7, 7, 2]}}


def test_a_clock_that_was_wrong_and_set_back_does_not_end_it(sampled: Told) -> None:
    sampled.report("vitals", {"load1_milli": 9}, "2099-01-01T00:00:00.000Z")
    rolled_up(sampled, "2099-01-02T00:00:00.000Z")
    sampled.report("vitals", {"load1_milli": 1}, "2026-11-26T10:20:00.000Z")
    found = rolled_up(sampled, "2026-11-26T10:30:00.000Z")
    assert found["10:20"] == {"load1_milli": [1, 1, 1, 1]}
    assert found["10:00"]["load1_milli"] == [0, 1, 2, 3]


def kept(told: Told, now: str, **days: int) -> None:
    keep = dict.fromkeys(retention.DAYS, retention.FOR_EVER) | days
    work(told, lambda connection: retention.step(connection, keep, now))


def test_samples_go_when_they_are_old_and_rolled_up(sampled: Told) -> None:
    later = "2026-11-28T10:05:00.000Z"
    kept(sampled, later, samples=2)
    assert len(sampled.samples()) == 5, "not rolled up yet"
    rolled_up(sampled)
    kept(sampled, later, samples=2)
    assert [row["at"] for row in sampled.samples()] == TIMES[3:]
    assert len(sampled.rollups()) == 2
    kept(sampled, "2030-01-01T00:00:00.000Z", samples=0, rollups=1)
    assert sampled.rollups() == []
    assert len(sampled.samples()) == 2


def test_what_is_old_goes_a_little_at_a_time_and_events_stay(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 2)
    for number in range(5):
        told.entry("sale.failed", {"sale": f"s{number}", "result": "failed", "code": "X"}, TIMES[0], clock="unsynced")
        told.state("online", number, TIMES[0])
    later = "2028-01-01T00:00:00.000Z"
    without_a_clock = {"time": "1970-01-01T00:00:00.000Z", "clock": "unsynced"}
    told.entry("sale.failed", {"sale": "new", "result": "failed"}, "2027-12-31T00:00:00.000Z", **without_a_clock)
    keep = dict(retention.DAYS)
    assert work(told, lambda connection: retention.step(connection, keep, later)) > 2
    assert [row["at"] for row in told.connections()] == []
    assert [row["sale"] for row in told.sales()] == ["new"]
    assert len(told.rows(event_table)) == 6


def test_an_alert_goes_once_it_is_long_over_and_a_notification_once_it_is_long_done(told: Told) -> None:
    ended = [None, "2026-11-26T10:00:00.000Z", "2028-01-01T00:00:00.000Z"]
    text = dict.fromkeys(("kind", "severity", "detail", "raised_at", "last_at"), TIMES[0])
    done = dict.fromkeys(("what", "at", "due_at", "state", "detail"), TIMES[0])

    def fill(connection: Connection) -> bool:
        for number, at in enumerate(ended):
            alert = {"terminal": told.terminal, "times": 1, "flaps": 0, "newest": 0, "cleared_at": at}
            connection.execute(insert(alerts).values(text | alert))
            notification = {"channel": 1, "alert": number, "tries": 0, "done_at": at}
            connection.execute(insert(notifications).values(done | notification))
        return False

    left: list[str | None] = []

    def look(connection: Connection) -> bool:
        left.extend(connection.scalars(select(notifications.c.done_at).order_by(notifications.c.alert)))
        return False

    work(told, fill)
    kept(told, "2028-01-02T00:00:00.000Z", alerts=400, notifications=90)
    assert [row["cleared_at"] for row in told.rows(alerts)] == [None, ended[2]]
    work(told, look)
    assert left == [None, ended[2]]


@pytest.mark.parametrize("text", ["events=5", "sales", "sales=", "sales=-1", "sales=1.5", "sales=99999999999", "=1"])
def test_what_says_nothing_about_what_is_kept_is_refused(text: str) -> None:
    with pytest.raises(OrderError, match="is not NAME=DAYS"):
        retention.days(text)
    assert retention.days("sales=30") == ("sales", 30)
