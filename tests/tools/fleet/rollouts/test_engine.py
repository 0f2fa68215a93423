"""A roll-out from wave to wave, and what stops it."""

import json

import pytest

from tests.tools.fleet.rollouts.fleet import KNOWN, OPERATOR, PERIOD, PING, Fleet, named
from tools.fleet.forms import Info
from tools.fleet.orders import desire
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.changes import pause, resume, stop
from tools.fleet.rollouts.content import RELEASE, Content
from tools.fleet.rollouts.plan import WAIT, Plan

SOON = Plan(canary=1, percents=(50, 100), soak_s=60, timeout_s=600)
RELEASED = Content(RELEASE, {"version": "0.2.0"})


def test_a_wave_is_ordered_when_the_one_before_has_stayed_well(fleet: Fleet) -> None:
    fleet.join(*named(4))
    fleet.begin(PING, named(4), SOON)
    fleet.look()
    (first,) = fleet.wave(1)
    assert fleet.ordered() == [first]
    fleet.answer(first)
    fleet.look()
    fleet.look(58)
    assert fleet.states()[first] == ("watched", "") and len(fleet.ordered()) == 1, "it is watched for its soak"
    fleet.look(3)
    assert fleet.states()[first] == ("healthy", "") and fleet.state() == ("running", "", 2)
    assert fleet.ordered() == [first, *fleet.wave(2)] and len(fleet.wave(2)) == 1
    for wave in (2, 3):
        for name in fleet.wave(wave):
            fleet.answer(name)
        fleet.look()
        fleet.look(61)
    fleet.look()
    assert fleet.state() == ("done", "", 3)
    assert set(fleet.states().values()) == {("healthy", "")} and len(fleet.ordered()) == 4


def test_a_canary_that_fails_stops_it(fleet: Fleet) -> None:
    fleet.join(*named(4))
    fleet.begin(PING, named(4), SOON)
    fleet.look()
    (first,) = fleet.wave(1)
    fleet.answer(first, "failed", "NOT_ALLOWED")
    fleet.look()
    assert fleet.state() == ("stopped", codes.TOO_MANY_FAILED, 1)
    assert fleet.states()[first] == ("failed", "NOT_ALLOWED")
    fleet.look(10_000)
    assert len(fleet.ordered()) == 1


def test_as_many_may_fail_as_the_plan_allows(fleet: Fleet) -> None:
    fleet.join(*named(4))
    fleet.begin(PING, named(4), Plan(canary=2, percents=(100,), soak_s=0, most_failures=1))
    fleet.look()
    one, other = fleet.wave(1)
    fleet.answer(one, "failed", "NOT_ALLOWED")
    fleet.answer(other)
    fleet.look()
    fleet.look()
    assert fleet.state() == ("running", "", 2) and len(fleet.ordered()) == 4
    for name in fleet.wave(2):
        fleet.answer(name, "failed", "NOT_ALLOWED")
    fleet.look()
    assert fleet.state() == ("stopped", codes.TOO_MANY_FAILED, 2)


def test_a_jump_after_the_order_is_a_failure_and_one_before_it_is_none(fleet: Fleet) -> None:
    fleet.join(*named(2))
    for name in named(2):
        fleet.jump(name)
    fleet.begin(PING, named(2), SOON)
    fleet.look()
    (first,) = fleet.wave(1)
    fleet.answer(first)
    fleet.look()
    fleet.again(first, 1)
    fleet.look()
    assert fleet.states()[first] == ("watched", ""), "that one came before"
    fleet.jump(first)
    assert fleet.states()[first] == ("failed", "jump.detected")
    fleet.look()
    assert fleet.state()[:2] == ("stopped", codes.TOO_MANY_FAILED)


def test_a_jump_of_a_healthy_canary_stops_the_waves_behind_it(fleet: Fleet) -> None:
    fleet.join(*named(4))
    fleet.begin(PING, named(4), SOON)
    fleet.look()
    (first,) = fleet.wave(1)
    fleet.answer(first)
    fleet.look()
    fleet.look(61)
    assert fleet.state()[2] == 2
    fleet.jump(first)
    fleet.look()
    assert fleet.state()[:2] == ("stopped", codes.TOO_MANY_FAILED) and len(fleet.ordered()) == 2


@pytest.mark.parametrize(("alarm", "state"), [("DISK_LOW", "failed"), ("MEMORY_LOW", "watched")])
def test_a_new_alert_that_is_bad_enough_is_a_failure(fleet: Fleet, alarm: str, state: str) -> None:
    fleet.join(*named(1))
    fleet.vitals(named(1)[0], "UNDERVOLTAGE")
    fleet.begin(PING, named(1), SOON)
    fleet.look()
    fleet.answer(*named(1))
    fleet.look()
    assert fleet.states()[named(1)[0]] == ("watched", "")
    fleet.vitals(named(1)[0], f"UNDERVOLTAGE {alarm}")
    fleet.look()
    assert fleet.states()[named(1)[0]][0] == state


def test_who_does_not_take_payments_any_more_has_failed(fleet: Fleet) -> None:
    fleet.join(*named(1))
    fleet.begin(PING, named(1), SOON)
    fleet.look()
    fleet.answer(*named(1))
    fleet.look()
    fleet.presence(named(1)[0], "online", "suspended")
    fleet.look(61)
    assert fleet.states()[named(1)[0]] == ("failed", codes.NOT_SELLING)


def test_who_sold_before_and_sells_nothing_since_has_failed(fleet: Fleet) -> None:
    sold, unlucky, selling, new = named(4)
    fleet.join(*named(4))
    for name in (sold, unlucky, selling):
        fleet.sell(name, "approved")
    fleet.sell(new, "declined")
    fleet.begin(PING, named(4), Plan(canary=4, percents=(100,), soak_s=60, most_failures=4))
    fleet.look()
    for name in named(4):
        fleet.answer(name)
    fleet.look()
    fleet.look(1)
    for name, results in {sold: "ddd", unlucky: "dd", selling: "ddda", new: "ddd"}.items():
        for result in results:
            fleet.sell(name, {"d": "declined", "a": "approved"}[result])
    fleet.look(60)
    assert fleet.states() == dict.fromkeys(named(4), ("healthy", "")) | {sold: ("failed", codes.SELLS_WORSE)}


def test_who_took_it_and_stays_away_has_failed(fleet: Fleet) -> None:
    fleet.join(*named(1))
    fleet.begin(PING, named(1), SOON)
    fleet.look()
    fleet.answer(*named(1))
    fleet.look()
    fleet.presence(named(1)[0], "lost")
    fleet.look(61)
    assert fleet.states()[named(1)[0]] == ("watched", ""), "it may come back"
    fleet.look(600)
    assert fleet.states()[named(1)[0]] == ("failed", codes.AWAY_SINCE)


def test_who_is_away_is_skipped_and_a_wave_of_those_proves_nothing(fleet: Fleet) -> None:
    fleet.join(*named(3))
    for name in named(3):
        fleet.presence(name, "lost")
    fleet.begin(PING, named(3), SOON)
    fleet.look()
    fleet.look()
    assert fleet.states()[fleet.wave(1)[0]] == ("skipped", codes.AWAY)
    assert fleet.state()[:2] == ("stopped", codes.NONE_HEALTHY) and fleet.ordered() == []


def test_who_is_away_may_be_waited_for(fleet: Fleet) -> None:
    fleet.join(*named(2))
    for name in named(2):
        fleet.presence(name, "lost")
    fleet.begin(PING, named(2), Plan(canary=2, percents=(100,), soak_s=0, timeout_s=600, away=WAIT))
    fleet.look(1)
    assert len(fleet.ordered()) == 2
    came, stayed = named(2)
    fleet.look(300)
    fleet.presence(came, "online")
    fleet.answer(came)
    fleet.look()
    fleet.look(601)
    fleet.look()
    assert fleet.states() == {came: ("healthy", ""), stayed: ("skipped", codes.AWAY)} and fleet.state()[0] == "done"


def test_who_is_there_and_does_not_answer_has_failed(fleet: Fleet) -> None:
    fleet.join(*named(1))
    fleet.begin(PERIOD, named(1), SOON)
    fleet.look(1)
    fleet.look(1)
    fleet.presence(named(1)[0], "online")
    fleet.look(601)
    assert fleet.states()[named(1)[0]] == ("failed", codes.TIMEOUT)


def test_settings_are_taken_when_they_are_committed(fleet: Fleet) -> None:
    fleet.join(*named(2))
    fleet.begin(PERIOD, named(2), Plan(canary=2, percents=(100,), soak_s=0))
    fleet.look()
    one, other = named(2)
    assert json.loads(fleet.configuration(one).document) == {"settings": {"link": {"vitals_period_s": 300}}}
    fleet.report(one, "trial")
    fleet.look()
    assert fleet.states()[one] == ("ordered", "")
    fleet.report(one)
    fleet.report(other, "rejected", "SETTING_FIXED")
    fleet.look()
    assert fleet.states() == {one: ("healthy", ""), other: ("failed", "SETTING_FIXED")}


def test_an_order_that_somebody_else_gave_since_is_not_judged(fleet: Fleet) -> None:
    fleet.join(*named(1))
    fleet.begin(PERIOD, named(1), SOON)
    fleet.look()
    with fleet.engine.begin() as connection:
        desire(connection, named(1)[0], {"settings": {}})
    fleet.report(named(1)[0])
    fleet.look()
    assert fleet.states()[named(1)[0]] == ("skipped", codes.SUPERSEDED)


def test_a_release_is_taken_when_the_terminal_says_that_it_stays(fleet: Fleet) -> None:
    fleet.join(*named(1))
    (name,) = named(1)
    fleet.begin(RELEASED, [name], SOON)
    fleet.look()
    fleet.answer(name)
    fleet.event(name, "update.committed", id="u1", version="0.1.9")
    fleet.look()
    assert fleet.states()[name] == ("ordered", ""), "it will be fetched"
    fleet.event(name, "update.committed", id="u2", version="0.2.0")
    fleet.tell(name, "info", Info("desk", "0.2.0", "3.11", KNOWN))
    fleet.look()
    assert fleet.states()[name] == ("watched", "")
    fleet.look(61)
    assert fleet.states()[name] == ("healthy", "")


def test_a_release_that_did_not_stay_has_failed_with_its_code(fleet: Fleet) -> None:
    fleet.join(*named(3))
    fleet.begin(RELEASED, named(3), Plan(canary=3, percents=(100,), soak_s=0, most_failures=3))
    fleet.look()
    back, garbled, lying = named(3)
    for name in named(3):
        fleet.answer(name)
    fleet.event(back, "update.failed", id="u", version="0.2.0", code="UPDATE_NOT_SIGNED_ON", detail="")
    fleet.event(garbled, "update.failed", id="u", version="0.2.0", code=["<script>"], detail="")
    fleet.event(lying, "update.committed", id="u", version="0.2.0")
    fleet.look()
    assert fleet.states() == {
        back: ("failed", "UPDATE_NOT_SIGNED_ON"),
        garbled: ("failed", "update.failed"),
        lying: ("failed", codes.OTHER_VERSION),
    }


def test_a_pause_orders_nothing_and_hears_what_comes(fleet: Fleet) -> None:
    fleet.join(*named(4))
    number = fleet.begin(PING, named(4), Plan(canary=1, percents=(100,), soak_s=0))
    fleet.look()
    fleet.do(pause, number, "lunch")
    fleet.answer(fleet.wave(1)[0])
    fleet.look()
    fleet.look()
    assert fleet.states()[fleet.wave(1)[0]] == ("healthy", "")
    assert fleet.state() == ("paused", "lunch", 1) and len(fleet.ordered()) == 1
    fleet.do(resume, number)
    fleet.look()
    assert fleet.state()[::2] == ("running", 2) and len(fleet.ordered()) == 4


def test_a_stop_orders_nothing_more_and_hears_what_comes(fleet: Fleet) -> None:
    fleet.join(*named(4))
    number = fleet.begin(PING, named(4), Plan(canary=1, percents=(100,), soak_s=0))
    fleet.look()
    fleet.do(stop, number, "wrong one", actor=OPERATOR)
    fleet.answer(fleet.wave(1)[0])
    fleet.look()
    fleet.look()
    assert fleet.states()[fleet.wave(1)[0]] == ("healthy", "")
    assert fleet.state() == ("stopped", "wrong one", 1) and len(fleet.ordered()) == 1


def test_many_terminals_are_ordered_in_several_transactions(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.fleet.rollouts.ordering.AT_ONCE", 2)
    fleet.join(*named(5))
    fleet.begin(PING, named(5), Plan(canary=5, percents=(100,)))
    for count in (2, 4, 5, 5):
        fleet.look()
        assert len(fleet.ordered()) == count
