"""Log-in at an identity provider, over real HTTP to a provider that signs with a real key."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import delete

from board import private_file
from board.errors import SettingsError
from tests.tools.fleet.access.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.tools.fleet.access.people import CLI
from tests.tools.fleet.api.program import COOKIE, Program
from tests.tools.fleet.api.served import Served
from tools.fleet.access import users
from tools.fleet.access.actor import Role
from tools.fleet.access.oidc import Provider
from tools.fleet.access.oidc_settings import NAME, OidcSettings, load
from tools.fleet.access.tables import users as table
from tools.fleet.access.underway import LASTS_S, MOST, Underway
from tools.fleet.open_store import OpenStore

ROLES = {"shop-operators": "operator", "shop-admins": "administrator"}
OIDC = "/api/1/oidc"


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityProvider]:
    provider = IdentityProvider()
    with Served(provider.app) as served:
        provider.issuer = served.url
        yield provider


@pytest.fixture
def provider(running: IdentityProvider) -> Iterator[IdentityProvider]:
    claims, published = running.claims, running.published
    yield running
    running.claims, running.published, running.lies, running.algorithm = claims, published, {}, "RS256"


@pytest.fixture(scope="module")
def program(store: OpenStore, running: IdentityProvider) -> Iterator[Program]:
    settings = OidcSettings(running.issuer, CLIENT, "oidc.secret", ROLES)  # type: ignore[arg-type]
    with Program(store, Provider(settings, SECRET)) as program:
        yield program


@pytest.fixture(autouse=True)
def nobody_yet(store: OpenStore) -> None:
    store.change(lambda connection: connection.execute(delete(table).where(table.c.subject != "")))


@pytest.fixture
def browser(program: Program) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=program.served.url, follow_redirects=True) as browser:
        yield browser


def is_in(browser: httpx2.Client) -> bool:
    return COOKIE in browser.cookies and browser.get("/api/1/session").status_code == 200


def test_whom_the_provider_knows_is_let_in_with_the_role_of_a_group(browser: httpx2.Client, program: Program) -> None:
    answer = browser.get(OIDC)
    assert answer.status_code == 200 and 'content="0;url=/"' in answer.text
    known = browser.get("/api/1/session").json()
    assert (known["name"], known["role"]) == ("olga", "operator")
    assert "SameSite=strict" in answer.headers["set-cookie"]


def test_the_next_log_in_brings_another_role_and_ends_the_sessions_before(
    browser: httpx2.Client, program: Program, provider: IdentityProvider
) -> None:
    browser.get(OIDC)
    first = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    provider.claims = provider.claims | {"groups": "shop-admins", "preferred_username": "renamed"}
    browser.get(OIDC)
    known = browser.get("/api/1/session").json()
    assert (known["name"], known["role"]) == ("olga", "administrator")
    assert program.call("GET", "/api/1/session", first).status_code == 401


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "another-client"},
    "another audience, on our behalf": {"aud": "another-client", "azp": CLIENT},
    "one of several audiences, and nobody it was made for": {"aud": [CLIENT, "another-client"]},
    "made for another": {"azp": "another-client"},
    "over": {"exp": int(time.time()) - 3600},
    "no end": {"exp": None},
    "not yet": {"nbf": int(time.time()) + 3600},
    "made in the future": {"iat": int(time.time()) + 3600},
    "nobody": {"sub": None},
    "a subject that is none": {"sub": 7},
    "a name that is none": {"preferred_username": ["x"]},
    "no role here": {"groups": ["staff"]},
    "no groups": {"groups": None},
    "a name that somebody else has": {"preferred_username": "adam"},
    "a name that cannot be": {"preferred_username": "cli:root"},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_id_token_that_is_not_for_this_log_in_is_refused(
    browser: httpx2.Client, provider: IdentityProvider, program: Program, lie: str
) -> None:
    before = program.content()
    provider.lies = LIES[lie]
    assert browser.get(OIDC).url.path == "/login"
    assert not is_in(browser) and program.content() == before


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_what_the_provider_did_not_sign_is_refused(
    browser: httpx2.Client, provider: IdentityProvider, algorithm: str
) -> None:
    provider.algorithm = algorithm
    if algorithm == "RS256":
        provider.published = rsa.generate_private_key(65537, 2048).public_key()
    assert browser.get(OIDC).url.path == "/login"
    assert not is_in(browser)


def test_a_user_who_is_disabled_here_stays_out(browser: httpx2.Client, store: OpenStore) -> None:
    browser.get(OIDC)
    store.change(users.disable, CLI, "olga")
    assert browser.get(OIDC).url.path == "/login"
    assert not is_in(browser)
    store.change(users.enable, CLI, "olga")
    browser.get(OIDC)
    assert is_in(browser)


def test_only_the_browser_that_began_can_finish_and_once(browser: httpx2.Client, program: Program) -> None:
    browser.follow_redirects = False
    sent = browser.get(OIDC)
    back = browser.get(sent.headers["location"]).headers["location"]
    other = program.call("GET", back)
    assert other.headers["location"].startswith("/login") and "set-cookie" not in other.headers
    cookie = {"Cookie": f"jumpguard-oidc={browser.cookies['jumpguard-oidc']}"}
    for wrong in (back.replace("state=", "state=x"), back.split("?")[0], back.split("&state")[0]):
        assert program.call("GET", wrong, cookie).headers["location"].startswith("/login")
    assert program.call("GET", back, cookie).status_code == 200
    assert program.call("GET", back, cookie).headers["location"].startswith("/login")


@pytest.mark.parametrize("text", ["", "%00", "%ED%A0%80", "x" * 5_000, "%3Cscript%3E", "%27%20OR%201=1", "9" * 500])
def test_whatever_comes_back_is_no_defect(program: Program, text: str) -> None:
    for query in (f"state={text}", f"code={text}", f"state={text}&code={text}", f"{text}={text}"):
        assert program.call("GET", f"{OIDC}/back?{query}", {"Cookie": "jumpguard-oidc=x"}).status_code in (303, 422)


def test_a_provider_that_is_not_there_or_is_another_one_lets_nobody_in(
    browser: httpx2.Client, provider: IdentityProvider
) -> None:
    issuer = provider.issuer
    provider.issuer = "https://evil.example"
    assert browser.get(OIDC).status_code == 401
    provider.issuer = issuer


def test_without_a_provider_there_is_no_such_way(store: OpenStore) -> None:
    with Program(store) as program:
        assert program.call("GET", OIDC).status_code == 404
        assert program.call("GET", f"{OIDC}/back").status_code == 404


def test_a_log_in_under_way_is_kept_for_a_while(provider: IdentityProvider) -> None:
    settings = OidcSettings(provider.issuer, CLIENT, "oidc.secret", ROLES)  # type: ignore[arg-type]
    begun = Provider(settings, SECRET).begin("http://localhost/back")
    now = 0.0
    underway = Underway(lambda: now)
    drawn = underway.put(begun)
    assert underway.take(begun.state, drawn) == begun and underway.take(begun.state, drawn) is None
    drawn, now = underway.put(begun), LASTS_S + 1
    assert underway.take(begun.state, drawn) is None
    assert MOST >= 1_000


SETTINGS = f"""
issuer = "https://id.example/realms/shop"
client_id = "jumpguard"
secret_file = "oidc.secret"
roles = {{ "{"shop-admins"}" = "administrator", staff = "viewer" }}
"""


def test_settings_are_read_with_the_secret(tmp_path: Path) -> None:
    assert load(tmp_path) is None
    (tmp_path / NAME).write_text(SETTINGS)
    private_file.create(tmp_path / "oidc.secret", b"a secret\n")
    found = load(tmp_path)
    assert found is not None
    settings, secret = found
    assert secret == "a secret" and settings.role_claim == "groups"
    assert settings.role_of(["staff", "shop-admins"]) is Role.ADMINISTRATOR
    assert settings.role_of("staff") is Role.VIEWER
    assert [settings.role_of(value) for value in (None, "x", [], [7], {"staff": 1})] == [None] * 5


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://id.example", "http://id.example"),
        ("client_id", "client"),
        ('"viewer"', '"root"'),
        ('issuer = "', 'issuer = 7 # "'),
        ("roles", 'scopes = "profile"\nroles'),
        ("oidc.secret", "open.secret"),
        ("oidc.secret", "no.secret"),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str) -> None:
    private_file.create(tmp_path / "oidc.secret", b"a secret\n")
    (tmp_path / "open.secret").write_text("a secret")
    (tmp_path / NAME).write_text(SETTINGS.replace(old, new))
    with pytest.raises(SettingsError):
        load(tmp_path)
