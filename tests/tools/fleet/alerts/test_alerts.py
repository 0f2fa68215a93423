"""One alert for each terminal and kind: raised, repeated, over, back again."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import event as engine_event

from agent.report.alarms import KINDS as OF_VITALS
from tests.tools.fleet.alerts.shift import TERMINAL, Shift
from tools.fleet import alarm_kinds
from tools.fleet.alerts import rules
from tools.fleet.alerts.rules import Rules
from tools.fleet.alerts.severity import SEVERITY, severity
from tools.fleet.alerts.words import SEVERITIES, at_least
from tools.fleet.contract import Event, Report
from tools.fleet.desk import Desk
from tools.fleet.errors import StoreError
from tools.fleet.refusals import Refused
from tools.fleet.store import Store

FLAP_S = Rules().flap_s


def test_every_kind_has_a_severity_and_no_other() -> None:
    assert set(SEVERITY) == {*alarm_kinds.KINDS, *OF_VITALS, "LIFECYCLE_TAMPERED", "TAMPER_OPEN"}
    assert set(SEVERITY.values()) == set(SEVERITIES)
    assert severity("of_a_newer_version") == "warning"
    assert at_least("warning") == ("critical", "warning")


def test_a_jump_is_a_critical_alert_at_once_and_another_one_repeats_it(shift: Shift) -> None:
    shift.jump("7")
    (alert,) = shift.open()
    assert (alert.terminal, alert.kind, alert.severity, alert.times) == (TERMINAL, "jump.detected", "critical", 1)
    assert (alert.raised_at, alert.last_at, alert.detail) == (shift.now, shift.now, "sale 7: mid")
    begun = shift.now
    shift.seconds += 60
    shift.jump("8")
    shift.look()
    (alert,) = shift.open()
    assert (alert.raised_at, alert.last_at, alert.times, alert.flaps) == (begun, shift.now, 2, 0)
    assert alert.detail == "sale 8: mid"


def test_what_comes_twice_late_or_in_one_batch_is_one_alert_and_counted_once(shift: Shift) -> None:
    first, second = shift.event(sale="1", fields=["mid"]), shift.event(sale="2", fields=["tid"])
    shift.take(second)
    shift.take(first, second, first)
    shift.take(second)
    for _ in range(2):
        shift.look()
    (alert,) = shift.all()
    assert (alert.times, alert.kind) == (2, "jump.detected")


def test_what_a_terminal_says_of_itself_is_up_until_it_says_otherwise(shift: Shift) -> None:
    shift.vitals("TEMPERATURE_HIGH DISK_LOW EVIL")
    shift.seconds += 60
    shift.told("online", lifecycle="tampered")
    assert [(alert.kind, alert.severity) for alert in shift.open()] == [
        ("TEMPERATURE_HIGH", "warning"),
        ("DISK_LOW", "warning"),
        ("LIFECYCLE_TAMPERED", "critical"),
    ]
    shift.vitals("DISK_LOW")
    shift.jump("1")
    assert [alert.kind for alert in shift.open()] == ["DISK_LOW", "LIFECYCLE_TAMPERED", "jump.detected"]
    hot = shift.all()[0]
    assert (hot.cleared_at, hot.times) == (shift.now, 1)


def test_one_terminal_says_nothing_about_another(shift: Shift) -> None:
    shift.vitals("DISK_LOW")
    shift.vitals("DISK_LOW", terminal="JG-TEST-0002")
    shift.vitals("", terminal="JG-TEST-0002")
    assert shift.shown() == [(TERMINAL, "DISK_LOW")]


def test_alarms_that_no_message_brought_or_ended_are_seen_by_looking(shift: Shift) -> None:
    events = [shift.event(kind="sale.finished") for _ in range(3)]
    shift.take(events[0], events[2])
    shift.seconds += 20
    shift.store.look_for_gaps(shift.now)
    assert shift.open() == []
    shift.look()
    assert shift.shown() == [(TERMINAL, "gap")]
    Desk(shift.directory).close([1], "Wang: looked at it")
    shift.look()
    assert [alert.cleared_at for alert in shift.all()] == [shift.now]


def test_a_message_on_no_terminals_topic_is_an_alert_of_the_backend(shift: Shift) -> None:
    shift.store.take([Refused("jumpguard/1/demo/?", "topic: not UTF-8")], shift.now)
    assert shift.shown() == [("", "report_refused")]


def test_what_comes_back_soon_is_the_same_alert_and_is_over_only_once_it_was_quiet(shift: Shift) -> None:
    shift.vitals("DISK_LOW")
    shift.vitals("")
    shift.seconds += FLAP_S - 1
    shift.vitals("DISK_LOW")
    (alert,) = shift.open()
    assert (alert.flaps, alert.times, alert.cleared_at) == (1, 2, None)
    shift.vitals("")
    shift.later(FLAP_S - 1)
    assert len(shift.open()) == 1
    shift.vitals("DISK_LOW")
    shift.later(1)
    assert [alert.flaps for alert in shift.open()] == [2], "it came back, so the wait begins anew"
    shift.vitals("")
    shift.later(FLAP_S - 1)
    assert len(shift.open()) == 1
    shift.later(1)
    assert [alert.cleared_at for alert in shift.all()] == [shift.now]


def test_what_comes_back_late_is_another_alert(shift: Shift) -> None:
    shift.vitals("DISK_LOW")
    shift.vitals("")
    shift.later(FLAP_S)
    shift.vitals("DISK_LOW")
    found = [alert for alert in shift.all() if alert.kind == "DISK_LOW"]
    assert [(alert.flaps, alert.cleared_at is None) for alert in found] == [(0, False), (0, True)]


def test_how_soon_can_be_set(shift: Shift) -> None:
    shift.store.stop()
    (shift.directory / rules.FILE_NAME).write_text("flap_s = 10\n")
    shift.start_again()
    shift.vitals("DISK_LOW")
    shift.vitals("")
    shift.seconds += 10
    shift.vitals("DISK_LOW")
    assert [alert.flaps for alert in shift.all()] == [0, 0]


@pytest.mark.parametrize("text", ["flap_s = 0", "flap = 10", "flap_s = 'x'", "flap_s = ", "\xff"])
def test_a_setting_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / rules.FILE_NAME).write_text(text, encoding="latin-1")
    with pytest.raises(StoreError, match=rules.FILE_NAME):
        Store(tmp_path).start()
    assert rules.load(tmp_path / "another") == Rules()


def test_a_store_that_has_no_alerts_yet_gets_them_with_the_first_look(shift: Shift) -> None:
    shift.vitals("DISK_LOW")
    shift.jump("1")
    engine = shift.store.place.writing()
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alerts")
    engine.dispose()
    shift.store.stop()
    shift.start_again()
    shift.look()
    assert sorted(shift.shown()) == [(TERMINAL, "DISK_LOW"), (TERMINAL, "jump.detected")]


def test_a_kill_before_any_statement_changes_nothing_in_the_end(shift: Shift) -> None:
    """Each statement of a batch in turn is the last one before the backend ends; then all of it is sent again."""
    plain = _day(shift, "JG-PLAIN", fails_at=0)
    statements = 1
    while (seen := _day(shift, f"JG-{statements}", statements)) is not None:
        assert seen == plain
        statements += 1
    assert statements > 10


def _day(shift: Shift, terminal: str, fails_at: int) -> list[tuple[object, ...]] | None:
    """The alerts of `terminal` after its day, when statement `fails_at` of a batch was cut off; None without one."""
    batch = [shift.event(terminal=terminal, sale="1"), shift.says(terminal, "vitals", {"alarms": "DISK_LOW"})]
    if fails_at and not _cut(shift, batch, fails_at):
        return None
    shift.take(*batch)
    shift.vitals("", terminal)
    shift.look()
    return [(a.kind, a.times, a.flaps, a.cleared_at) for a in shift.all() if a.terminal == terminal]


def _cut(shift: Shift, batch: Sequence[Event | Report], fails_at: int) -> bool:
    """Whether `batch` had so many statements that one was cut off."""
    count = 0

    def fail(*_: object) -> None:
        nonlocal count
        count += 1
        if count == fails_at:
            raise KeyboardInterrupt

    engine = shift.store._engine
    assert engine is not None
    engine_event.listen(engine, "before_cursor_execute", fail)
    try:
        shift.store.take(batch, shift.now)
    except KeyboardInterrupt:
        return True
    finally:
        engine_event.remove(engine, "before_cursor_execute", fail)
    return False
