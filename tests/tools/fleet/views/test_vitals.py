"""Vitals over time: a time without any is a gap, not a line across it."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from tests.tools.fleet.known import ago, put
from tools.fleet.history.tables import rollups, samples
from tools.fleet.open_store import OpenStore
from tools.fleet.times import utc_now
from tools.fleet.views.vitals import courses, with_gaps

TERMINAL = "JG-TEST-0001"


def at(minute: float) -> str:
    return f"2026-11-26T12:{int(minute):02d}:{int(minute * 60) % 60:02d}.000Z"


@pytest.mark.parametrize(
    ("minutes", "drawn"),
    [
        ([], []),
        ([0], [0]),
        ([0, 1, 2], [0, 1, 2]),
        ([0, 2, 4], [0, 2, 4]),  # with some jitter, or another period
        ([0, 1, 5, 6], [0, 1, None, 5, 6]),
        ([0, 5, 10, 15], [0, 5, 10, 15]),
        ([0, 20], [0, 20]),  # of two nobody knows what is usual
    ],
)
def test_where_none_came_is_a_gap(minutes: list[int], drawn: list[int | None]) -> None:
    points = with_gaps([(at(minute), float(minute)) for minute in minutes], 60.0)
    assert [value for _, value in points] == drawn


def told(connection: Connection) -> None:
    for minute in range(1, 30):
        readings = {"load1_milli": 100 + minute, "wlan_signal_dbm": -60}
        put(connection, samples, terminal=TERMINAL, at=ago(minute), readings=json.dumps(readings))
    for number in range(1, 40):
        readings_of_five = {"load1_milli": [100, 150.5, 200, 5]}
        put(connection, rollups, terminal=TERMINAL, start=ago(5 * number), readings=json.dumps(readings_of_five))


def test_a_short_time_is_drawn_as_it_came_and_a_long_one_by_its_means(opened: OpenStore) -> None:
    opened.change(told)
    load, signal = opened.ask(courses, TERMINAL, utc_now(), timedelta(hours=1))
    assert (load.reading, len(load.points), load.points[-1][1]) == ("load1_milli", 29, 101.0)
    assert (signal.reading, signal.points[0][1]) == ("wlan_signal_dbm", -60.0)
    (long,) = opened.ask(courses, TERMINAL, utc_now(), timedelta(days=1))
    assert {value for _, value in long.points} == {150.5}
    assert opened.ask(courses, "JG-TEST-0002", utc_now(), timedelta(days=1)) == []
