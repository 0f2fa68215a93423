"""Alerts and channels over the REST API: found, worked on by operators, and no address given away."""

from collections.abc import Iterator

import pytest

from tests.tools.fleet.access.people import ADMINISTRATOR, OPERATOR, VIEWER
from tests.tools.fleet.api.program import Program
from tools.fleet.refusals import Refused
from tools.fleet.store import Store
from tools.fleet.times import utc_now

NAMES = ("JG-API-0001", "JG-API-0002")


@pytest.fixture
def raised(program: Program) -> Iterator[Program]:
    """The program, with two alerts in its store."""
    store = Store(program.store.place.directory)
    store.start()
    refused = [Refused(f"jumpguard/1/demo/{name}/event", "payload: not JSON", name, holds_up=True) for name in NAMES]
    store.take(refused, utc_now())
    yield program
    store.stop()


def listed(program: Program, query: str = "text=jg-api") -> list[dict[str, object]]:
    answer = program.call("GET", f"/api/1/alerts?{query}", program.token(VIEWER))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["items"]
    return found


def test_alerts_are_found_and_counted(raised: Program) -> None:
    assert {alert["terminal"] for alert in listed(raised)} == set(NAMES)
    assert [alert["terminal"] for alert in listed(raised, "text=jg-api+0002&severity=warning")] == [NAMES[1]]
    assert [alert["terminal"] for alert in listed(raised, "text=jg-api&sort=terminal&falling=false&limit=1")] == [
        NAMES[0]
    ]
    assert listed(raised, "text=jg-api&state=over") == []
    counts = raised.call("GET", "/api/1/alerts/counts", raised.token(VIEWER)).json()
    assert set(counts) == {"severity", "new", "hidden"} and min(counts["severity"]["warning"], counts["new"]) >= 2


def test_an_operator_acknowledges_assigns_and_closes(raised: Program) -> None:
    token = raised.token(OPERATOR)
    first, second = sorted(int(str(alert["id"])) for alert in listed(raised))
    assert raised.call("POST", "/api/1/alerts/acknowledge", token, {"alerts": [first, second]}).status_code == 204
    assert (
        raised.call("POST", "/api/1/alerts/assign", token, {"alerts": [first], "assignee": "wang"}).status_code == 204
    )
    assert [alert["id"] for alert in listed(raised, "state=acknowledged&assignee=wang")] == [first]
    assert raised.call("POST", "/api/1/alerts/assign", token, {"alerts": [first], "assignee": None}).status_code == 204
    assert listed(raised, "assignee=wang") == []
    closing = {"alerts": [first], "why": "an old version"}
    assert raised.call("POST", "/api/1/alerts/close", token, closing).status_code == 204
    assert [alert["why"] for alert in listed(raised, "text=jg-api&state=over")] == ["an old version"]
    again = raised.call("POST", "/api/1/alerts/close", token, closing)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "refused")
    missing = raised.call("POST", "/api/1/alerts/acknowledge", token, {"alerts": [999]})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "missing")


@pytest.mark.parametrize(
    "query", ["?state=x", "?sort=id;DROP", "?severity=bad", "?limit=0", "?limit=501", "?offset=-1", "?text=%00"]
)
def test_a_query_that_is_none_is_refused(raised: Program, query: str) -> None:
    assert raised.call("GET", f"/api/1/alerts{query}", raised.token(VIEWER)).status_code == 422


@pytest.mark.parametrize("body", [{}, {"alerts": []}, {"alerts": [0]}, {"alerts": ["1"]}, {"alerts": [1], "more": 1}])
def test_a_body_that_is_none_is_refused(raised: Program, body: object) -> None:
    before = listed(raised, "state=all")
    answer = raised.call("POST", "/api/1/alerts/acknowledge", raised.token(OPERATOR), body)
    assert answer.status_code == 422
    assert listed(raised, "state=all") == before and len(before) >= 2


def test_a_channel_is_added_by_a_person_and_its_address_is_not_given_away(program: Program) -> None:
    channel = {"name": "ops", "address": "jsons://geheim@hooks.example/geheim", "language": "en"}
    assert program.call("POST", "/api/1/channels", program.token(ADMINISTRATOR), channel).status_code == 403
    session = program.session(ADMINISTRATOR)
    added = program.call("POST", "/api/1/channels", session, channel)
    assert (added.status_code, added.json()["address"]) == (201, "jsons://hooks.example/…")
    listed = program.call("GET", "/api/1/channels", session)
    assert [each["per_hour"] for each in listed.json()] == [30]
    wrong = program.call("POST", "/api/1/channels", session, channel | {"name": "b", "address": "geheim://x"})
    assert wrong.status_code == 409
    assert "geheim" not in listed.text + wrong.text + added.text
    assert program.call("DELETE", "/api/1/channels/ops", session).status_code == 204
    assert program.call("DELETE", "/api/1/channels/ops", session).status_code == 404
