"""What people do with alerts, by role, with what is noted of it; and how alerts are found."""

import json

import pytest
from sqlalchemy import select

from tests.tools.fleet.alerts.shift import TERMINAL, Shift
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.tables import audit
from tools.fleet.alerts import changes
from tools.fleet.errors import ForbiddenError, MissingError, OrderError
from tools.fleet.history.tables import facts
from tools.fleet.open_store import OpenStore
from tools.fleet.views import alerts as views
from tools.fleet.views.alerts import Filters, Line
from tools.fleet.views.found import Page

WANG = Actor("wang", Role.OPERATOR)
VIEWER = Actor("li", Role.VIEWER)
OTHER = "JG-TEST-0002"


@pytest.fixture
def office(shift: Shift) -> OpenStore:
    """Three alerts: a jump (1), a full disk at another terminal (2), and a message on no topic of ours (3)."""
    shift.jump("7")
    shift.seconds += 1
    shift.vitals("DISK_LOW", terminal=OTHER)
    shift.seconds += 1
    shift.vitals("DISK_LOW MEMORY_LOW", terminal=OTHER)
    store = OpenStore(shift.store.place)
    row = dict.fromkeys(facts.columns.keys(), "") | {"terminal": OTHER, "merchant": "海岛茶馆", "binding_version": 1}
    store.change(lambda connection: connection.execute(facts.delete()))
    store.change(lambda connection: connection.execute(facts.insert(), row))
    return store


def found(store: OpenStore, filters: Filters | None = None, sort: str = "severity", falling: bool = True) -> list[Line]:
    return store.ask(views.listed, filters or Filters(), Page(), sort, falling).items


def noted(store: OpenStore) -> list[tuple[str, str, str]]:
    query = select(audit.c.by, audit.c.action, audit.c.subject).order_by(audit.c.id)
    return store.ask(lambda connection: [tuple(row) for row in connection.execute(query)])


def test_who_acknowledges_first_stays_and_the_alert_goes_on(shift: Shift, office: OpenStore) -> None:
    for who, at in ((WANG, shift.now), (Actor("zhao", Role.ADMINISTRATOR), "2030-01-01T00:00:00.000Z")):
        office.change(changes.acknowledge, who, [1, 2], at)
    first = shift.open()[0]
    assert (first.acknowledged_by, first.acknowledged_at, first.cleared_at) == ("wang", shift.now, None)
    assert noted(office) == [("wang", "alert.acknowledge", "1"), ("wang", "alert.acknowledge", "2")]
    shift.vitals("", terminal=OTHER)
    over = shift.all()[1]
    assert (over.acknowledged_by, over.raised_at < (over.cleared_at or "")) == ("wang", True)


def test_what_came_back_stays_acknowledged(shift: Shift, office: OpenStore) -> None:
    office.change(changes.acknowledge, WANG, [2], shift.now)
    shift.vitals("", terminal=OTHER)
    shift.vitals("DISK_LOW", terminal=OTHER)
    assert [(a.flaps, a.acknowledged_by) for a in shift.open() if a.kind == "DISK_LOW"] == [(1, "wang")]


def test_an_alert_is_given_to_somebody_and_to_nobody_again(shift: Shift, office: OpenStore) -> None:
    office.change(changes.assign, WANG, [1], "zhao")
    assert [line.id for line in found(office, Filters(assignee="zhao"))] == [1]
    office.change(changes.assign, WANG, [1], None)
    assert shift.open()[0].assignee is None
    assert [action for _, action, _ in noted(office)] == ["alert.assign", "alert.assign"]


def test_closing_an_alert_closes_the_alarms_behind_it_with_the_reason(shift: Shift, office: OpenStore) -> None:
    shift.jump("8")
    office.change(changes.close, WANG, [1], " reported to the acquirer ", shift.now)
    (alert,) = [alert for alert in shift.all() if alert.kind == "jump.detected"]
    assert (alert.cleared_at, alert.why) == (shift.now, "reported to the acquirer")
    query = "SELECT why FROM alarms WHERE kind = 'jump.detected'"
    assert office.ask(lambda c: c.exec_driver_sql(query).scalars().all()) == ["reported to the acquirer"] * 2
    assert noted(office) == [("wang", "alert.close", "1")]
    shift.jump("9")
    jumps = [alert for alert in shift.all() if alert.kind == "jump.detected"]
    assert [(each.flaps, each.times, each.why is None) for each in jumps] == [(0, 2, False), (0, 1, True)]


@pytest.mark.parametrize(
    ("numbers", "why", "said"),
    [
        ([2], "seen", "acknowledge it instead"),
        ([1, 99], "seen", "alert 99: there is none"),
        ([1], "\x1b[2J", "printable"),
        ([1, 2], "seen", "alert 2"),
    ],
)
def test_what_cannot_be_closed_is_named_and_nothing_is_closed(
    shift: Shift, office: OpenStore, numbers: list[int], why: str, said: str
) -> None:
    with pytest.raises((OrderError, MissingError), match=said):
        office.change(changes.close, WANG, numbers, why, shift.now)
    assert len(shift.open()) == 3 and noted(office) == []


def test_an_alert_is_closed_once(shift: Shift, office: OpenStore) -> None:
    office.change(changes.close, WANG, [1], "seen", shift.now)
    with pytest.raises(OrderError, match="alert 1: over since"):
        office.change(changes.close, WANG, [1], "seen", shift.now)


def test_a_viewer_changes_nothing(shift: Shift, office: OpenStore) -> None:
    before = shift.all()
    with pytest.raises(ForbiddenError):
        office.change(changes.acknowledge, VIEWER, [1], shift.now)
    with pytest.raises(ForbiddenError):
        office.change(changes.assign, VIEWER, [1], "li")
    with pytest.raises(ForbiddenError):
        office.change(changes.close, VIEWER, [1], "seen", shift.now)
    assert shift.all() == before and noted(office) == []


@pytest.mark.parametrize("name", [" ", "x" * 65, "\x00"])
def test_an_assignee_that_is_none_is_refused(office: OpenStore, name: str) -> None:
    with pytest.raises(OrderError, match="1 to 64"):
        office.change(changes.assign, WANG, [1], name)


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (Filters(), [1, 2, 3]),
        (Filters(severity="warning"), [2]),
        (Filters(kind="MEMORY_LOW"), [3]),
        (Filters(terminal=OTHER), [3, 2]),
        (Filters(text="茶馆 disk"), [2]),
        (Filters(text="SALE"), [1]),
        (Filters(text="100%_'; DROP TABLE alerts"), []),
        (Filters(state="new"), [1, 3]),
        (Filters(state="acknowledged"), [2]),
        (Filters(state="over"), []),
        (Filters(state="hidden"), []),
        (Filters(state="all", terminal=TERMINAL), [1]),
    ],
)
def test_alerts_are_found_by_what_is_known_of_them(office: OpenStore, filters: Filters, numbers: list[int]) -> None:
    office.change(changes.acknowledge, WANG, [2], "2026-11-26T10:00:00.000Z")
    assert sorted(line.id for line in found(office, filters)) == sorted(numbers)


def test_they_come_in_the_order_that_is_asked_for_a_page_at_a_time(office: OpenStore) -> None:
    assert [line.severity for line in found(office)] == ["critical", "warning", "info"]
    assert [line.id for line in found(office, sort="raised_at", falling=False)] == [1, 2, 3]
    for sort in views.SORTS:
        assert len(found(office, sort=sort)) == 3
    page = office.ask(views.listed, Filters(), Page(1, 1))
    assert ([line.id for line in page.items], page.total) == ([2], 3)
    for wrong in (Filters(state="x"), Filters(state="open' OR 1")):
        with pytest.raises(OrderError, match="is no state"):
            found(office, wrong)
    with pytest.raises(OrderError, match="is no order"):
        found(office, sort="id; DROP TABLE alerts")


def test_they_are_counted_by_severity(shift: Shift, office: OpenStore) -> None:
    office.change(changes.acknowledge, WANG, [2], shift.now)
    counts = office.ask(views.counts)
    assert (counts.severity, counts.new, counts.hidden) == ({"critical": 1, "warning": 1, "info": 1}, 2, 0)
    assert office.ask(views.kinds) == ["DISK_LOW", "MEMORY_LOW", "jump.detected"]


def test_hidden_ones_are_counted_apart(shift: Shift) -> None:
    fleet = [f"JG-{number}" for number in range(6)]
    shift.told("online", *fleet)
    shift.told("lost", *fleet)
    shift.later(2)
    shift.later(100)
    counts = OpenStore(shift.store.place).ask(views.counts)
    assert (counts.severity, counts.new, counts.hidden) == ({"critical": 1}, 1, 6)
    hidden = found(OpenStore(shift.store.place), Filters(state="hidden"))
    assert {line.kind for line in hidden} == {"terminal_lost"} and all(line.hidden_by for line in hidden)
    assert json.dumps(hidden[0].merchant) == '""'
