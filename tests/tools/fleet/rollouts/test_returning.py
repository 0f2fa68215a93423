"""Every terminal gets back what it had, and where there is no way back that is said."""

import json

from tests.tools.fleet.rollouts.bindings import signed
from tests.tools.fleet.rollouts.fleet import KNOWN, PERIOD, PING, Fleet, named
from tools.fleet.forms import Info
from tools.fleet.orders import desire
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.changes import return_, stop
from tools.fleet.rollouts.content import BINDING, COMMAND, RELEASE, Content
from tools.fleet.rollouts.plan import WAIT, Plan

ALL = Plan(canary=9, percents=(100,), soak_s=0, most_failures=9)


def test_settings_go_back_as_a_new_version_with_the_old_content(fleet: Fleet) -> None:
    had, never, refused, later, unasked = named(5)
    fleet.join(*named(5))
    with fleet.engine.begin() as connection:
        desire(connection, had, {"settings": {"link": {"vitals_period_s": 30}}})
    fleet.report(had)
    fleet.begin(PERIOD, [had, never, refused, later], ALL)
    fleet.look()
    for name in (had, never, later):
        fleet.report(name)
    fleet.report(refused, "rejected", "SETTING_FIXED")
    fleet.look()
    with fleet.engine.begin() as connection:
        desire(connection, later, {"settings": {}})
    ordered = fleet.configuration(had).version
    fleet.do(return_, 1)
    fleet.look()
    assert fleet.configuration(had).version > ordered
    assert json.loads(fleet.configuration(had).document) == {"settings": {"link": {"vitals_period_s": 30}}}
    assert json.loads(fleet.configuration(never).document) == {"settings": {}}
    assert fleet.states() == {
        had: ("returning", ""),
        never: ("returning", ""),
        refused: ("returned", "SETTING_FIXED"),
        later: ("kept", codes.SUPERSEDED),
    }
    fleet.report(had)
    fleet.look()
    assert fleet.state()[0] == "returning"
    fleet.report(never, "rejected", "STORE_FAILED")
    fleet.look()
    assert fleet.states()[had] == ("returned", "") and fleet.states()[never] == ("kept", "STORE_FAILED")
    assert fleet.state()[0] == "returned" and unasked not in fleet.targets()


def test_settings_before_are_in_the_journal_where_the_latest_order_does_not_say(fleet: Fleet) -> None:
    (name,) = named(1)
    fleet.join(name)
    with fleet.engine.begin() as connection:
        desire(connection, name, {"binding": signed(name, 2)})
    fleet.event(name, "config.committed", version=1, digest="", values={"link.vitals_period_s": 90})
    fleet.report(name)
    fleet.begin(PERIOD, [name], ALL)
    fleet.look()
    before = json.loads(fleet.targets()[name].before)
    assert before["settings"] == {"link": {"vitals_period_s": 90}} and before["software"] == "0.1.0"


def test_a_binding_that_was_taken_stays_and_one_that_was_not_is_called_off(fleet: Fleet) -> None:
    took, refused, called_off, too_late = named(4)
    fleet.join(*named(4))
    fleet.begin(Content(BINDING, {}, {name: signed(name, 2) for name in named(4)}), named(4), ALL)
    fleet.look()
    fleet.report(took, binding=2)
    fleet.report(refused, "rejected", "TRIAL_FAILED")
    fleet.look()
    fleet.do(return_, 1)
    fleet.look()
    assert fleet.states()[took] == ("kept", codes.NEEDS_RESTORE) and fleet.targets()[took].detail == "version 1"
    assert fleet.states()[refused] == ("returned", "TRIAL_FAILED")
    assert json.loads(fleet.configuration(called_off).document) == {"settings": {}}
    fleet.report(called_off, binding=1)
    fleet.report(too_late, binding=2)
    fleet.look()
    assert fleet.states()[called_off] == ("returned", "")
    assert fleet.states()[too_late] == ("kept", codes.NEEDS_RESTORE)
    assert fleet.state()[0] == "returned"


def test_a_release_that_was_taken_stays_and_one_that_failed_is_gone_by_itself(fleet: Fleet) -> None:
    took, failed, fetching = named(3)
    fleet.join(*named(3))
    fleet.begin(Content(RELEASE, {"version": "0.2.0"}), named(3), ALL)
    fleet.look()
    for name in named(3):
        fleet.answer(name)
    fleet.event(took, "update.committed", id="u", version="0.2.0")
    fleet.tell(took, "info", Info("desk", "0.2.0", "3.11", KNOWN))
    fleet.event(failed, "update.failed", id="u", version="0.2.0", code="UPDATE_FORGED", detail="")
    fleet.look()
    orders = len(fleet.ordered())
    fleet.do(return_, 1)
    fleet.look()
    assert fleet.states() == {
        took: ("kept", codes.NO_WAY_BACK),
        failed: ("returned", "UPDATE_FORGED"),
        fetching: ("kept", codes.NO_WAY_BACK),
    }
    assert fleet.state()[0] == "returned" and len(fleet.ordered()) == orders


def test_lock_is_undone_where_it_was_unlocked_before(fleet: Fleet) -> None:
    open_, locked, refused, silent = named(4)
    fleet.join(open_, refused, silent)
    fleet.join(locked, lifecycle="locked")
    fleet.begin(Content(COMMAND, {"type": "lock", "args": {"reason": "audit"}}), named(4), ALL)
    fleet.look()
    for name in (open_, locked):
        fleet.answer(name)
    fleet.answer(refused, "failed", "NOT_ALLOWED")
    fleet.look()
    fleet.do(return_, 1)
    fleet.look()
    assert fleet.command(open_).type == "unlock"
    assert fleet.states() == {
        open_: ("returning", ""),
        locked: ("kept", codes.NOTHING_TO_RETURN),
        refused: ("returned", "NOT_ALLOWED"),
        silent: ("returning", ""),
    }
    fleet.answer(silent)
    fleet.look()
    assert fleet.command(silent).type == "unlock"
    fleet.answer(open_)
    fleet.answer(silent, "failed", "JOURNAL_DISOWNED")
    fleet.look()
    assert fleet.states()[open_] == ("returned", "") and fleet.states()[silent] == ("kept", "JOURNAL_DISOWNED")
    assert fleet.state()[0] == "returned"


def test_who_was_never_ordered_is_left_alone(fleet: Fleet) -> None:
    fleet.join(*named(2))
    fleet.begin(PING, named(2), Plan(canary=1, away=WAIT))
    fleet.do(stop, 1)
    fleet.do(return_, 1)
    fleet.look()
    assert fleet.state()[0] == "returned" and fleet.ordered() == []
    assert set(fleet.states().values()) == {("waiting", "")}
