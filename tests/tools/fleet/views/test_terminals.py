"""Terminals are found, counted and sorted; on both engines alike."""

import json

import pytest
from sqlalchemy import Connection

from tests.tools.fleet.known import ago, put, put_alert, put_terminal
from tools.fleet.open_store import OpenStore
from tools.fleet.tables import configurations, terminals
from tools.fleet.views.terminals import SORTS, Counts, Filters, counts, found, listed, names

FEW = ("JG-A-0001", "JG-B-0002", "JG-C-0003", "JG-D-0004")


def few(connection: Connection) -> None:
    a, b, c, d = FEW
    put_terminal(connection, a, mid="898460105812001", tid="64100001", merchant="海岛茶馆", region="460105")
    put_terminal(
        connection, b, "lost", mid="898460105812002", tid="64100002", merchant="Qilou 100%_Bakery", region="4602"
    )
    put_terminal(connection, c, "offline", lifecycle="tampered", merchant="O'Brien\"; DROP TABLE terminals; --")
    put(connection, terminals, terminal=d)  # of which nothing but the name is known
    for number, severity in enumerate(("warning", "critical")):
        put_alert(connection, a, f"kind_{number}", severity)
    put_alert(connection, b, "over", "critical", cleared_at=ago(1))
    put_alert(connection, c, "follows", "critical", hidden_by=1)
    document = json.dumps({"binding": {"document": {"version": 4}, "key_id": "k", "signature": "s"}})
    put(connection, configurations, terminal=a, version=8, document=document, state="rejected")
    put(connection, configurations, terminal=b, version=8, document="{}", state="committed")


@pytest.fixture(scope="module")
def fleet(opened: OpenStore) -> OpenStore:
    opened.change(few)
    return opened


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", FEW),
        ("a-0001", FEW[:1]),
        ("898460105812002", FEW[1:2]),
        ("64100001", FEW[:1]),
        ("茶馆", FEW[:1]),
        ("bakery qilou", FEW[1:2]),
        ("海口", FEW[:1]),  # the city around its district
        ("三亚", FEW[1:2]),
        ("海南", FEW[:2]),
        ("100%", FEW[1:2]),
        ("%", FEW[1:2]),
        ("_", FEW[1:2]),
        ("0%0", ()),
        ('"; DROP TABLE', FEW[2:3]),
        ("'", FEW[2:3]),
        ("\\", ()),
        ("nobody", ()),
        ("x" * 10_000, ()),
    ],
)
def test_a_search_finds_every_word_wherever_it_is_known(
    fleet: OpenStore, search: str, expected: tuple[str, ...]
) -> None:
    assert tuple(fleet.ask(names, Filters(search=search), 10)) == expected
    assert fleet.ask(found, Filters(search=search)) == len(expected)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(presence="lost"), FEW[1:2]),
        (Filters(presence="unknown"), FEW[3:4]),
        (Filters(lifecycle="tampered"), FEW[2:3]),
        (Filters(alerting="yes"), FEW[:1]),
        (Filters(binding="behind"), FEW[:1]),
        (Filters(presence="lost", lifecycle="tampered"), ()),
        (Filters(presence="' OR 1=1 --"), ()),
    ],
)
def test_a_filter_leaves_what_it_means(fleet: OpenStore, filters: Filters, expected: tuple[str, ...]) -> None:
    assert tuple(line.terminal for line in fleet.ask(listed, filters)) == expected


def test_every_terminal_is_counted_once(fleet: OpenStore) -> None:
    presence = {"online": 1, "lost": 1, "offline": 1, "unknown": 1}
    assert fleet.ask(counts) == Counts(presence, {"active": 2, "tampered": 1, "unknown": 1}, alerting=1, behind=1)


def test_a_line_tells_the_worst_alert_and_the_binding_that_is_desired(fleet: OpenStore) -> None:
    first, *_, last = fleet.ask(listed, Filters())
    assert (first.alerts, first.severity, first.desired_binding, first.config_state) == (2, "critical", 4, "rejected")
    assert (last.alerts, last.severity, last.desired_binding, last.presence, last.merchant) == (0, "", 0, "unknown", "")


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_shows_all_and_falls_as_it_rose(fleet: OpenStore, sort: str) -> None:
    rising = [line.terminal for line in fleet.ask(listed, Filters(), sort)]
    falling = [line.terminal for line in fleet.ask(listed, Filters(), sort, falling=True)]
    assert sorted(rising) == sorted(falling) == list(FEW)
    paged = [fleet.ask(listed, Filters(), sort, most=1, after=number)[0].terminal for number in range(4)]
    assert paged == rising


def test_an_order_that_there_is_not_is_refused(fleet: OpenStore) -> None:
    with pytest.raises(KeyError):
        fleet.ask(listed, Filters(), "terminal; DROP TABLE terminals")
