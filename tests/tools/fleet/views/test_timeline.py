"""What happened at a terminal, newest first and a piece at a time; nothing twice, nothing left out."""

import pytest
from sqlalchemy import Connection

from tests.tools.fleet.known import put, put_alert
from tools.fleet.history.tables import connections, sales
from tools.fleet.jumps.tables import jumps
from tools.fleet.open_store import OpenStore
from tools.fleet.tables import commands, configurations
from tools.fleet.views.timeline import KINDS, Moment, timeline

TERMINAL = "JG-TEST-0001"
AT = "2026-11-26T12:00:0{}.000Z"


def lived(connection: Connection) -> None:
    """Much at the same moment, which is where pages break."""
    for number in range(4):
        put(
            connection, connections, terminal=TERMINAL, at=AT.format(number // 3), presence="online", lifecycle="active"
        )
        sale = {"sale": f"sale-{number}", "amount": 1250, "currency": "156", "result": "approved"}
        put(connection, sales, terminal=TERMINAL, at=AT.format(number // 3), **sale)
        put_alert(connection, TERMINAL, f"kind_{number}", "warning", raised_at=AT.format(0))
        command = {"id": f"c{number}", "counter": number, "type": "ping", "state": "open"}
        put(connection, commands, terminal=TERMINAL, issued=AT.format(1), **command)
    put(
        connection, jumps, terminal=TERMINAL, journal_id="0" * 32, sequence=9, at=AT.format(0), fields='["mid", "name"]'
    )
    put(connection, configurations, terminal=TERMINAL, version=3, issued=AT.format(1), state="trial", document="{}")
    put(connection, connections, terminal="JG-TEST-0002", at=AT.format(0), presence="lost")


@pytest.fixture(scope="module")
def fleet(opened: OpenStore) -> OpenStore:
    opened.change(lived)
    return opened


@pytest.mark.parametrize("most", [1, 2, 3, 5, 100])
def test_pieces_of_any_size_are_the_whole(fleet: OpenStore, most: int) -> None:
    whole = fleet.ask(timeline, TERMINAL, most=100)
    assert len(whole) == 4 * 4 + 2
    assert [moment.at for moment in whole] == sorted((moment.at for moment in whole), reverse=True)
    pieces: list[Moment] = []
    while piece := fleet.ask(timeline, TERMINAL, before=pieces[-1] if pieces else None, most=most):
        pieces += piece
    assert pieces == whole


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_kinds_that_are_wanted_come(fleet: OpenStore, kind: str) -> None:
    found = fleet.ask(timeline, TERMINAL, [kind])
    assert {moment.kind for moment in found} == {kind}


def test_a_moment_says_what_it_is_about(fleet: OpenStore) -> None:
    (jump,) = fleet.ask(timeline, TERMINAL, ["jump"])
    assert jump.subject == "mid, name"
    assert fleet.ask(timeline, TERMINAL, ["sale"])[0].subject == "12.50 CNY"
