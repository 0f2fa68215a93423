"""Users, tokens and the log of changes over HTTP."""

from tests.tools.fleet.access.people import ADMINISTRATOR, OPERATOR, PASSWORD
from tests.tools.fleet.api.program import Program

NEW = {"name": "赵敏 <script>", "role": "viewer", "password": PASSWORD}


def test_an_administrator_makes_and_changes_users_and_it_is_noted(program: Program) -> None:
    headers = program.session(ADMINISTRATOR)
    made = program.call("POST", "/api/1/users", headers, NEW)
    assert made.status_code == 201 and made.json()["role"] == "viewer" and "password" not in made.json()
    path = "/api/1/users/%E8%B5%B5%E6%95%8F%20%3Cscript%3E"
    changed = program.call("PATCH", path, headers, {"role": "operator", "password": "another password"})
    assert changed.json()["role"] == "operator"
    assert program.call("PATCH", path, headers, {"disabled": True}).json()["disabled_at"]
    assert NEW["name"] in [user["name"] for user in program.call("GET", "/api/1/users", headers).json()]
    noted = program.call("GET", "/api/1/audit", headers, params={"subject": NEW["name"], "limit": 3}).json()
    assert [(each["action"], each["by"]) for each in noted["items"]] == [
        ("user.disable", "adam"),
        ("user.password", "adam"),
        ("user.role", "adam"),
    ]
    assert noted["total"] == 4 and noted["items"][2]["detail"] == {"role": "operator", "before": "viewer"}


def test_what_cannot_be_is_refused_and_changes_nothing(program: Program) -> None:
    headers = program.session(ADMINISTRATOR)
    before = program.content("sessions")
    refused = [
        ("POST", "/api/1/users", NEW | {"name": "vera"}, 409),
        ("POST", "/api/1/users", NEW | {"name": "cli:root"}, 409),
        ("POST", "/api/1/users", NEW | {"password": "short"}, 422),
        ("POST", "/api/1/users", NEW | {"role": "root"}, 422),
        ("POST", "/api/1/users", NEW | {"subject": "x"}, 422),
        ("PATCH", "/api/1/users/nobody", {"role": "viewer"}, 404),
        ("PATCH", "/api/1/users/adam", {"role": "viewer"}, 409),
        # Whole or not at all.
        ("PATCH", "/api/1/users/adam", {"password": "another password", "disabled": True}, 409),
        ("DELETE", "/api/1/tokens/999", None, 404),
        ("DELETE", f"/api/1/tokens/{2**63}", None, 422),
        ("DELETE", "/api/1/tokens/x", None, 422),
        ("GET", "/api/1/audit?limit=501", None, 422),
        ("GET", "/api/1/audit?offset=-1", None, 422),
        ("PUT", "/api/1/users", {}, 405),
        ("GET", "/api/1/nothing", None, 404),
    ]
    for method, path, body, status in refused:
        answer = program.call(method, path, headers, body)
        assert (path, answer.status_code) == (path, status)
        assert set(answer.json()["error"]) == {"code", "message"}
    assert program.content("sessions") == before


def test_a_user_makes_and_revokes_tokens_of_his_own(program: Program) -> None:
    headers = program.session(OPERATOR)
    made = program.call("POST", "/api/1/tokens", headers, {"name": "report", "role": "viewer", "days": 30}).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert program.call("GET", "/api/1/session", bearer).json()["role"] == "viewer"
    too_much = program.call("POST", "/api/1/tokens", headers, {"name": "x", "role": "administrator", "days": 1})
    assert too_much.status_code == 403
    assert [token["id"] for token in program.call("GET", "/api/1/tokens", headers).json()] == [made["id"]]
    everybodys = program.call("GET", "/api/1/tokens", program.session(ADMINISTRATOR))
    assert made["id"] in [token["id"] for token in everybodys.json()] and made["token"] not in everybodys.text
    assert program.call("DELETE", f"/api/1/tokens/{made['id']}", headers).status_code == 204
    assert program.call("GET", "/api/1/session", bearer).status_code == 401
    more = program.call("POST", "/api/1/tokens", program.token(OPERATOR), {"name": "x", "role": "viewer", "days": 1})
    assert more.status_code == 403, "a token makes no tokens"
