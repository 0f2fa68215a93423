"""Roll-outs over the REST API."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.tools.fleet.access.people import OPERATOR, VIEWER, add_people
from tests.tools.fleet.api.program import Program
from tests.tools.fleet.rollouts.bindings import signed
from tests.tools.fleet.rollouts.fleet import Fleet, named
from tools.fleet.open_store import OpenStore

PATH = "/api/1/rollouts"
PING = {"command": {"type": "ping"}}


@pytest.fixture
def program(fleet: Fleet) -> Iterator[Program]:
    with fleet.engine.begin() as connection:
        add_people(connection)
    store = OpenStore(fleet.store.place)
    with Program(store) as program:
        yield program
    store.close()


def asked(content: dict[str, Any], *terminals: str, **plan: Any) -> dict[str, Any]:
    return {"name": "spring", "terminals": [*terminals], **content, "plan": {"percents": [100], "soak_s": 0} | plan}


def test_a_program_begins_a_rollout_watches_it_and_has_it_returned(fleet: Fleet, program: Program) -> None:
    fleet.join(*named(3))
    me, body = program.token(OPERATOR), asked({"settings": {"link": {"vitals_period_s": 300}}}, *named(3))
    found = program.call("POST", f"{PATH}/preview", me, body).json()
    assert [len(wave) for wave in found["waves"]] == [1, 2] and found["refused"] == found["away"] == []
    answer = program.call("POST", PATH, me, body)
    assert (answer.status_code, answer.json()["state"]) == (201, "running")
    number = answer.json()["id"]
    fleet.look()
    (first,) = fleet.wave(1)
    fleet.report(first, "rejected", "SETTING_FIXED")
    fleet.look()
    shown = program.call("GET", f"{PATH}/{number}", program.token(VIEWER)).json()
    assert (shown["state"], shown["why"], shown["waves"][0]["counts"]) == ("stopped", "TOO_MANY_FAILED", {"failed": 1})
    told = program.call("GET", f"{PATH}/{number}/targets?state=failed&wave=1", me).json()
    assert [(each["terminal"], each["code"]) for each in told["items"]] == [(first, "SETTING_FIXED")]
    assert program.call("GET", f"{PATH}/{number}/targets?state=healthy&state=kept", me).json()["total"] == 0
    assert program.call("POST", f"{PATH}/{number}/return", me, {"why": "no good"}).json()["state"] == "returning"
    assert program.call("GET", PATH, me).json()["total"] == 1


def test_who_cannot_be_ordered_refuses_it_unless_left_out(fleet: Fleet, program: Program) -> None:
    fleet.join(*named(1))
    me, body = program.token(OPERATOR), asked(PING, *named(1), "JG-NEVER-0001")
    answer = program.call("POST", PATH, me, body)
    assert answer.status_code == 409 and "JG-NEVER-0001" in answer.json()["error"]["message"]
    number = program.call("POST", f"{PATH}?leave_out=true", me, body).json()["id"]
    for change, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        assert program.call("POST", f"{PATH}/{number}/{change}", me, {}).json()["state"] == state


def test_bindings_and_named_canaries_are_taken(fleet: Fleet, program: Program) -> None:
    fleet.join(*named(2))
    content = {"bindings": {name: signed(name, 2) for name in named(2)}}
    body = asked(content, *named(2), canary=[named(2)[1]])
    assert program.call("POST", f"{PATH}/preview", program.token(OPERATOR), body).json()["waves"][0] == [named(2)[1]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        (asked({}, "JG-ROLL-0001"), 409),
        (asked({**PING, "version": "0.2.0"}, "JG-ROLL-0001"), 409),
        (asked({"command": {"type": "explode"}}, "JG-ROLL-0001"), 409),
        (asked({"version": "latest"}, "JG-ROLL-0001"), 409),
        (asked({"bindings": {"JG-ROLL-0001": {}}}, "JG-ROLL-0001"), 409),
        (asked(PING, "JG/ROLL"), 422),
        (asked(PING), 409),
        (asked(PING, "JG-ROLL-0001", canary=0), 422),
        (asked(PING, "JG-ROLL-0001", canary=[]), 409),
        (asked(PING, "JG-ROLL-0001", percents=[50]), 409),
        (asked(PING, "JG-ROLL-0001", away="perhaps"), 422),
        (asked(PING, "JG-ROLL-0001") | {"name": "a\nb"}, 422),
        (asked(PING, "JG-ROLL-0001") | {"more": 1}, 422),
    ],
)
def test_what_is_no_rollout_is_refused(fleet: Fleet, program: Program, body: Any, status: int) -> None:
    fleet.join(*named(1))
    answer = program.call("POST", PATH, program.token(OPERATOR), body)
    assert answer.status_code == status and answer.json()["error"]["message"]
    assert program.call("GET", PATH, program.token(VIEWER)).json()["total"] == 0
