"""Terminals, their events, commands and configurations over HTTP."""

import json
from typing import Any

from tests.tools.fleet.access.people import OPERATOR, VIEWER
from tests.tools.fleet.api.program import HOSTILE, TERMINAL, Program
from tools.fleet.times import utc_now
from tools.rig.files import binding_document

SETTINGS = {"link": {"vitals_period_s": 300}}


def test_terminals_are_found_and_counted(program: Program) -> None:
    headers = program.token(VIEWER)
    found = program.call("GET", "/api/1/terminals", headers, params={"search": "test", "sort": "seen_at"}).json()
    assert found["total"] == 1 and found["items"][0]["terminal"] == TERMINAL
    assert found["items"][0]["presence"] == "online"
    for none in ({"search": "other"}, {"presence": "lost"}, {"search": "%"}, {"search": "' OR 1=1 --"}):
        assert program.call("GET", "/api/1/terminals", headers, params=none).json()["total"] == 0
    assert program.call("GET", "/api/1/terminals", headers, params={"sort": "terminal; DROP"}).status_code == 422
    assert program.call("GET", "/api/1/terminals/counts", headers).json()["presence"] == {"online": 1}


def test_a_terminal_is_told_with_what_happened_there_and_how_it_went(program: Program) -> None:
    headers, path = program.token(VIEWER), f"/api/1/terminals/{TERMINAL}"
    told = program.call("GET", path, headers).json()
    assert (told["lifecycle"], told["state"]["session"], told["vitals"]["load1_milli"]) == ("active", 1, 40)
    assert program.call("GET", "/api/1/terminals/JG-OTHER", headers).status_code == 404
    happened = program.call("GET", f"{path}/timeline", headers, params={"kind": ["connection", "sale"]}).json()
    assert [(moment["kind"], moment["state"]) for moment in happened] == [("connection", "online")]
    assert program.call("GET", f"{path}/timeline", headers, params={"offset": 500, "limit": 1}).json() == []
    (course,) = program.call("GET", f"{path}/vitals", headers).json()
    assert course["reading"] == "load1_milli" and [value for _, value in course["points"]] == [40.0]
    for wrong in ("timeline?kind=other", "vitals?hours=0", "vitals?hours=9999999", "timeline?limit=501"):
        assert program.call("GET", f"{path}/{wrong}", headers).status_code == 422


def test_events_are_told_as_they_are_stored(program: Program) -> None:
    path, headers = f"/api/1/terminals/{TERMINAL}/events", program.token(VIEWER)
    found = program.call("GET", path, headers, params={"limit": 2}).json()
    assert found["total"] == 3 and [event["sequence"] for event in found["items"]] == [3, 2]
    assert json.loads(found["items"][0]["entry"])["body"] == {"note": HOSTILE}
    only = program.call("GET", path, headers, params={"kind": "jump.detected"}).json()
    assert [event["sequence"] for event in only["items"]] == [2]
    assert program.call("GET", "/api/1/terminals/JG-OTHER/events", headers).json() == {"items": [], "total": 0}


def test_a_command_is_ordered_and_noted_with_who_did(program: Program) -> None:
    headers = program.session(OPERATOR)
    body = {"terminals": [TERMINAL], "type": "lock", "args": {"reason": "stolen"}}
    ordered = program.call("POST", "/api/1/commands", headers, body)
    assert ordered.status_code == 201
    (name,) = ordered.json()["ids"]
    found = program.call("GET", f"/api/1/commands/{name}", headers).json()
    assert (found["terminal"], found["state"], found["args"]) == (TERMINAL, "open", {"reason": "stolen"})
    listed = program.call("GET", "/api/1/commands", headers, params={"terminal": TERMINAL, "state": "open"}).json()
    assert name in [each["id"] for each in listed["items"]]
    (noted,) = [row for row in program.content()["audit"] if name in row[5]]
    assert noted[2] == OPERATOR.name and noted[0] and noted[1] <= utc_now()


def test_a_command_that_cannot_be_is_refused_whole(program: Program) -> None:
    headers, before = program.session(OPERATOR), program.content("sessions")
    right: dict[str, Any] = {"terminals": [TERMINAL], "type": "ping"}
    for change, status in (
        ({"type": "format_disk"}, 409),
        ({"type": "lock"}, 409),
        ({"type": "install_certificate"}, 409),
        ({"args": {"more": 1}}, 409),
        ({"terminals": [TERMINAL, "JG-OTHER"]}, 409),
        ({"terminals": []}, 422),
        ({"terminals": ["no/name"]}, 422),
        ({"terminals": [TERMINAL] * 1_001}, 422),
        ({"args": {"x": float("nan")}}, 422),
        ({"args": []}, 422),
        ({"lasts_s": 0}, 422),
        ({"lasts_s": True}, 422),
        ({"lasts_s": 2**63}, 422),
        ({"now": True}, 422),
    ):
        content = json.dumps(right | change).encode()
        answer = program.call(
            "POST", "/api/1/commands", headers | {"Content-Type": "application/json"}, content=content
        )
        assert (change, answer.status_code) == (change, status)
    assert program.content("sessions") == before


def test_a_configuration_is_ordered_with_a_signed_binding_or_settings(program: Program) -> None:
    headers, path = program.session(OPERATOR), f"/api/1/configurations/{TERMINAL}"
    assert program.call("GET", path, headers).status_code == 404
    signed = {"document": binding_document(serial=TERMINAL), "key_id": "desk", "signature": "00" * 64}
    first = program.call("PUT", path, headers, {"binding": signed, "settings": SETTINGS}).json()["version"]
    found = program.call("GET", path, headers).json()
    assert found["version"] == first and found["document"] == {"binding": signed, "settings": SETTINGS}
    assert program.call("PUT", path, headers, {"settings": SETTINGS}).json()["version"] > first
    listed = program.call("GET", "/api/1/configurations", headers, params={"state": "open"}).json()
    assert listed["total"] == 1 and "binding" not in listed["items"][0]["document"]


def test_a_configuration_that_cannot_be_is_refused(program: Program) -> None:
    headers, before = program.session(OPERATOR), program.content("sessions")
    other = {"document": binding_document(serial="JG-OTHER-0002"), "key_id": "k", "signature": "00" * 64}
    for terminal, body, status in (
        (TERMINAL, {}, 409),
        (TERMINAL, {"binding": other}, 409),
        (TERMINAL, {"binding": other | {"document": {}}}, 409),
        (TERMINAL, {"binding": other | {"document": []}}, 409),
        (TERMINAL, {"binding": other | {"signature": 7}}, 409),
        (TERMINAL, {"binding": {"document": other["document"]}}, 409),
        (TERMINAL, {"binding": other | {"key_id": "\ud800"}}, 422),
        (TERMINAL, {"update": "0.2.0"}, 422),
        ("JG-NOBODY", {"settings": SETTINGS}, 404),
        ("no%2Fname", {"settings": SETTINGS}, 404),
        ("x" * 65, {"settings": SETTINGS}, 422),
    ):
        content = json.dumps(body).encode()
        headers |= {"Content-Type": "application/json"}
        answer = program.call("PUT", f"/api/1/configurations/{terminal}", headers, content=content)
        assert (body, answer.status_code) == (body, status)
    assert program.content("sessions") == before


def test_metrics_are_for_who_has_a_token(program: Program) -> None:
    assert program.call("GET", "/metrics").status_code == 401
    answer = program.call("GET", "/metrics", program.token(VIEWER))
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert 'jumpguard_terminals_presence{presence="online"} 1.0' in lines
    assert 'jumpguard_terminals_lifecycle{lifecycle="active"} 1.0' in lines
    assert "jumpguard_events_stored_total 3.0" in lines and "jumpguard_messages_refused_total 0.0" in lines
    assert TERMINAL not in answer.text
    (heard,) = [line for line in lines if line.startswith("jumpguard_last_heard_seconds ")]
    assert 0 <= float(heard.split()[1]) < 100
