"""Terminals that are not heard, the broker that is down, and what that hides."""

import pytest

from tests.tools.fleet.alerts.shift import TERMINAL, Shift
from tools.fleet.alerts.rules import Rules
from tools.fleet.desk import Desk

LOST_S = Rules().lost_s
BROKER_S = Rules().broker_s
SILENT_S = Rules().silent_periods * 60
FLEET = [f"JG-TEST-{number:04d}" for number in range(1, 11)]
LOST = (TERMINAL, "terminal_lost")
SILENT = (TERMINAL, "terminal_silent")
DOWN = ("", "broker_down")


@pytest.fixture
def served(shift: Shift) -> Shift:
    """The backend hears the fleet for long enough to judge it."""
    shift.told("online", *FLEET)
    shift.seconds += SILENT_S - 1
    for name in FLEET:
        shift.vitals(terminal=name)
    shift.later(1)
    assert shift.open() == []
    return shift


def test_a_terminal_that_stays_lost_is_an_alert_until_it_is_back(served: Shift) -> None:
    served.told("lost")
    served.later(LOST_S - 1)
    assert served.open() == []
    served.later(2)
    (alert,) = served.open()
    assert (alert.place, alert.severity) == (LOST, "warning") and alert.detail.startswith("lost since 2026-11-26T10:")
    served.later(60)
    assert served.open() == [alert], "no repetition"
    served.told("online", session=2)
    served.later(2)
    assert served.open() == []


def test_a_terminal_that_is_soon_back_switched_off_or_retired_is_none(served: Shift) -> None:
    for name, last in (("JG-TEST-0001", "online"), ("JG-TEST-0002", "offline")):
        served.told("lost", name)
        served.told(last, name, session=2)
    served.told("lost", "JG-TEST-0003", lifecycle="retired")
    served.later(LOST_S + 2)
    assert served.open() == []


def test_a_terminal_that_flaps_between_lost_and_online_is_one_alert(served: Shift) -> None:
    for session in range(1, 4):
        served.told("lost", session=session)
        served.later(LOST_S + 1)
        served.told("online", session=session + 1)
        served.later(2)
    (alert,) = [alert for alert in served.all() if alert.kind == "terminal_lost"]
    assert (alert.flaps, alert.times, alert.cleared_at) == (2, 3, None)
    for _ in range(Rules().flap_s // 50 + 1):
        served.vitals()
        served.later(50)
    assert LOST not in served.shown()


def test_a_terminal_that_is_online_and_says_nothing_is_silent_until_it_is_heard(served: Shift) -> None:
    for name in FLEET[1:]:
        served.vitals(terminal=name)
    served.later(SILENT_S - 2)
    assert served.open() == []
    for name in FLEET[1:]:
        served.vitals(terminal=name)
    served.later(3)
    (alert,) = served.open()
    assert (alert.place, alert.severity) == (SILENT, "info")
    served.seconds += 1
    served.vitals()
    served.later(2)
    assert served.open() == []


def test_a_terminal_that_was_told_to_say_less_is_not_silent_so_soon(served: Shift) -> None:
    Desk(served.directory).configure(TERMINAL, {"settings": {"link": {"vitals_period_s": 600}}})
    for seconds, expected in ((SILENT_S + 2, False), (9 * SILENT_S - 20, False), (30, True)):
        served.later(seconds)
        assert (SILENT in served.shown()) is expected


def test_nor_by_a_backend_that_was_down_for_longer_than_that(served: Shift) -> None:
    Desk(served.directory).configure(TERMINAL, {"settings": {"link": {"vitals_period_s": 600}}})
    served.store.stop()
    served.seconds += 36_000
    served.start_again()
    served.later(10 * SILENT_S - 1)
    assert SILENT not in served.shown()
    served.later(2)
    assert SILENT in served.shown()


def test_a_backend_that_was_down_for_an_hour_waits_for_everybody(served: Shift) -> None:
    served.told("lost", "JG-TEST-0009")
    served.store.stop()
    served.seconds += 3600
    served.start_again()
    served.later(LOST_S - 1)
    assert served.open() == []
    for name in FLEET[:8]:
        served.vitals(terminal=name)
    served.later(2)
    assert served.shown() == [("JG-TEST-0009", "terminal_lost")]
    served.later(SILENT_S - LOST_S - 2)
    assert served.shown() == [("JG-TEST-0009", "terminal_lost")]
    served.later(2)
    assert served.shown()[1:] == [("JG-TEST-0010", "terminal_silent")]


def test_without_a_connection_the_broker_is_down_and_nobody_else_is_to_blame(served: Shift) -> None:
    served.link.down()
    served.later(BROKER_S - 1)
    assert served.open() == []
    served.later(3)
    (alert,) = served.open()
    assert (alert.place, alert.severity) == (DOWN, "critical")
    served.later(3600)
    assert served.shown() == [DOWN]
    served.link.up()
    served.later(2)
    assert served.open() == []


def test_a_backend_that_never_reached_the_broker_says_so(shift: Shift) -> None:
    shift.link.down()
    shift.later(BROKER_S)
    assert shift.shown() == [DOWN]


def test_most_of_the_fleet_lost_at_once_is_one_alert_that_hides_what_follows(served: Shift) -> None:
    served.told("lost", FLEET[9])
    served.later(LOST_S)
    served.later(LOST_S * 2)
    for name in FLEET[:9]:
        served.vitals("OUTBOX_OLD" if name == FLEET[8] else "", terminal=name)
    served.vitals("DISK_LOW", terminal=FLEET[7])
    served.told("lost", *FLEET[:8])
    served.later(2)
    before = [(FLEET[9], "terminal_lost"), (FLEET[7], "DISK_LOW"), DOWN]
    assert served.shown() == before, "what was before, and what has another cause, is not hidden"
    served.later(LOST_S)
    assert served.shown() == before
    assert len([alert for alert in served.open() if alert.kind == "terminal_lost"]) == 9
    assert {alert.hidden_by for alert in served.open() if alert.kind == "OUTBOX_OLD"} != {None}


def test_what_outlives_the_broker_appears_again(served: Shift) -> None:
    served.told("lost", *FLEET[:8])
    served.later(2)
    served.later(LOST_S)
    served.told("online", *FLEET[:7], session=2)
    served.later(2)
    assert [alert.place for alert in served.open()] == [(FLEET[7], "terminal_lost")]
    served.later(LOST_S - 4)
    assert served.shown() == [], "it has some time to come back"
    served.later(4)
    assert served.shown() == [(FLEET[7], "terminal_lost")]


def test_a_few_terminals_lost_together_are_no_broker(served: Shift) -> None:
    served.told("lost", *FLEET[:5])
    served.later(LOST_S + 2)
    assert {kind for _, kind in served.shown()} == {"terminal_lost"}
