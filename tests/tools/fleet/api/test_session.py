"""Logging in and out over HTTP, and one's own password."""

import httpx2
import pytest
from sqlalchemy import update

from tests.tools.fleet.access.people import OPERATOR, PASSWORD, VIEWER, password_hash
from tests.tools.fleet.api.program import COOKIE, Program
from tools.fleet.access.attempts import FREE
from tools.fleet.access.tables import users
from tools.fleet.api.guard import LONGEST_BODY

SESSION = "/api/1/session"
RIGHT = {"name": OPERATOR.name, "password": PASSWORD}


def test_who_logs_in_is_known_until_the_log_out(program: Program) -> None:
    with httpx2.Client(base_url=program.served.url) as browser:
        began = browser.post(SESSION, json=RIGHT)
        assert began.status_code == 201
        known = began.json()
        assert (known["name"], known["role"]) == (OPERATOR.name, "operator")
        set_cookie = began.headers["set-cookie"]
        assert set_cookie.startswith(f"{COOKIE}=") and "Secure" not in set_cookie
        assert "HttpOnly" in set_cookie and "SameSite=strict" in set_cookie and "Max-Age" not in set_cookie
        assert browser.get(SESSION).json() == known
        assert browser.delete(SESSION).status_code == 403
        secret = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
        assert browser.delete(SESSION, headers={"X-CSRF-Token": known["csrf"]}).status_code == 204
        assert not browser.cookies
        assert program.call("GET", SESSION, secret).status_code == 401


def test_under_tls_the_cookie_is_for_this_very_host_and_for_tls_alone(program: Program) -> None:
    # As uvicorn understands a proxy on the same machine that ends TLS.
    began = program.call("POST", SESSION, {"X-Forwarded-Proto": "https"}, RIGHT)
    cookie = began.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=") and "; Secure" in cookie and "Path=/" in cookie
    secret = cookie.partition(";")[0]
    assert program.call("GET", SESSION, {"Cookie": secret}).status_code == 401
    assert program.call("GET", SESSION, {"Cookie": secret, "X-Forwarded-Proto": "https"}).status_code == 200


def test_a_page_of_another_site_cannot_log_in(program: Program) -> None:
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{program.served.port + 1}"):
        assert program.call("POST", SESSION, {"Origin": origin}, RIGHT).status_code == 403
    assert program.call("POST", SESSION, {"Origin": program.served.url}, RIGHT).status_code == 201
    form = program.call("POST", SESSION, data=RIGHT)
    assert form.status_code == 422


def test_guesses_are_answered_alike_and_get_slow(program: Program) -> None:
    wrong = [
        program.call("POST", SESSION, json={"name": name, "password": "x" * 12})
        for name in ("someone", "vera", "someone", "adam", "someone")
    ]
    assert {answer.text for answer in wrong} == {wrong[0].text} and {answer.status_code for answer in wrong} == {401}
    assert len(wrong) == FREE
    slow = program.call("POST", SESSION, json={"name": "someone", "password": "x" * 12})
    assert slow.status_code == 429 and int(slow.headers["retry-after"]) >= 1
    # Who has logged in from here before is not held up.
    assert program.call("POST", SESSION, json=RIGHT).status_code == 201


def test_ones_own_password_is_changed_with_the_old_one_and_ends_the_sessions(program: Program) -> None:
    first, headers = program.session(OPERATOR), program.session(OPERATOR)
    path, new = f"{SESSION}/password", "another password"
    assert program.call("PUT", path, headers, {"old": "x" * 12, "new": new}).status_code == 401
    assert program.call("PUT", path, headers, {"old": PASSWORD, "new": "short"}).status_code == 422
    assert program.call("GET", SESSION, headers).status_code == 200
    assert program.call("PUT", path, headers, {"old": PASSWORD, "new": new}).status_code == 204
    for ended in (first, headers):
        assert program.call("GET", SESSION, ended).status_code == 401
    assert program.call("POST", SESSION, json=RIGHT | {"password": new}).status_code == 201
    back = update(users).where(users.c.name == OPERATOR.name).values(password=password_hash())
    program.store.change(lambda connection: connection.execute(back))


def test_a_token_is_known_and_cannot_do_what_gives_access(program: Program) -> None:
    headers = program.token(VIEWER)
    known = program.call("GET", SESSION, headers).json()
    assert known["name"].startswith("vera token:") and known["csrf"] is None
    assert program.call("DELETE", SESSION, headers).status_code == 403
    given = {"old": PASSWORD, "new": "another password"}
    assert program.call("PUT", f"{SESSION}/password", headers, given).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"name": "vera"},
        RIGHT | {"more": 1},
        RIGHT | {"name": 7},
        RIGHT | {"password": ["x"]},
        RIGHT | {"name": "x" * 1_000},
        RIGHT | {"password": "x" * 100_000},
    ],
)
def test_a_log_in_of_another_form_is_refused(program: Program, body: object) -> None:
    answer = program.call("POST", SESSION, json=body)
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "invalid"
    assert "x" * 100 not in answer.text


def test_a_body_that_is_too_long_is_refused_however_it_comes(program: Program) -> None:
    body = b'"' + b"x" * LONGEST_BODY + b'"'
    kind = {"Content-Type": "application/json"}
    assert program.call("POST", SESSION, kind, content=body).status_code == 413
    assert program.call("POST", SESSION, kind, content=iter([body[:100], body[100:]])).status_code == 413
    fits = program.call("POST", SESSION, kind, content=iter([b'{"name": "vera", ', b'"password": "x"}']))
    assert fits.status_code in (401, 429)


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("localhost:8080", 200), ("LOCALHOST", 200), ("[::1]:8080", 200)]
    + [(host, 421) for host in ("evil.example", "", "localhost.evil.example", "[::2]", "127.0.0.1.evil.example:80")],
)
def test_only_a_host_that_is_ours_is_answered(program: Program, host: str, status: int) -> None:
    answer = program.call("GET", "/api/1/openapi.json", {"Host": host})
    assert answer.status_code == status


def test_every_answer_keeps_a_browser_from_being_led_astray(program: Program) -> None:
    for path in ("/api/1/openapi.json", SESSION, "/api/1/nothing"):
        headers = program.call("GET", path, {"Origin": "https://evil.example"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert not [name for name in headers if name.startswith("access-control")]
    for page in ("/docs", "/redoc", "/api/1/docs"):
        assert program.call("GET", page).status_code == 404
