"""Hostile values in every place of every request, one by one: refused or stored as they are, never an error 500."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.tools.fleet.access.people import ADMINISTRATOR
from tests.tools.fleet.api.program import HOSTILE, TERMINAL, Program
from tests.tools.fleet.api.test_who_may import NOWHERE, SAMPLES
from tools.fleet.access.door import Door
from tools.fleet.api.app import api
from tools.fleet.api.faults import fault
from tools.fleet.views.json_text import read

VALUES: list[Any] = [
    "",
    "\0",
    "\ud800",
    "\u202e\u2028\x85",
    "x" * 300_000,
    "x" * 300,
    HOSTILE,
    "%' OR 1=1 --",
    "../../etc/passwd",
    2**31,
    2**63,
    -(2**63),
    10**400,
    1.5,
    float("nan"),
    True,
    None,
    [],
    {},
    [[[[]]]],
    {"\ud800": "\0", "more": ["\ud800"]},
]
DESCRIPTION: dict[str, Any] = api(NOWHERE, Door(NOWHERE)).openapi()
OPERATIONS = [(method, path) for path, methods in DESCRIPTION["paths"].items() for method in methods]


def fields(schema: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body's schema."""
    named = DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: dict[str, Any] = named["properties"]
    return found


def requests(method: str, path: str) -> Iterator[tuple[str, dict[str, str], bytes | None]]:
    """Every request in which one place holds one of VALUES: path, query, body."""
    operation = DESCRIPTION["paths"][path][method]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    whole = None if body is None else b"{}"
    for parameter in operation.get("parameters", []):
        for value in VALUES:
            text = value if isinstance(value, str) else json.dumps(value)
            if parameter["in"] == "path":
                named = quote(text[:8_000], safe="", errors="surrogatepass")
                yield filled(path.replace(f"{{{parameter['name']}}}", named)), {}, whole
            else:
                yield filled(path), {parameter["name"]: quote(text[:8_000], safe="", errors="surrogatepass")}, whole
    for name in [] if body is None else fields(body):
        for value in VALUES:
            yield filled(path), {}, json.dumps({name: value}).encode()
            yield filled(path), {}, json.dumps(dict.fromkeys(fields(body), value)).encode()
    for content in (
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b'{"a":' * 3_000,
        b"1" * 5_000,
        b'{"\\ud800": 1}',
        b'"' + b"x" * 300_000 + b'"',
    ):
        if whole is not None:
            yield filled(path), {}, content


def filled(path: str) -> str:
    for name, sample in SAMPLES.items():
        path = path.replace(f"{{{name}}}", sample)
    return path


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=str)
def test_no_value_is_a_defect(program: Program, method: str, path: str) -> None:
    seen = set()
    for place, query, content in requests(method, path):
        headers = program.session(ADMINISTRATOR) | {"Content-Type": "application/json"}
        address = place + "".join(f"?{name}={value}" for name, value in query.items())
        answer = program.call(method.upper(), address, headers, content=content)
        assert answer.status_code < 500, (address[:200], content and content[:200], answer.text)
        assert "x" * 600 not in answer.text
        seen.add(answer.status_code)
    assert seen or not DESCRIPTION["paths"][path][method].get("parameters")
    assert program.call("GET", "/api/1/session", program.session(ADMINISTRATOR)).status_code == 200


def test_a_message_that_quotes_what_utf_8_cannot_spell_is_said_all_the_same() -> None:
    said = json.loads(bytes(fault(409, "binding: \ud800 unknown" + "x" * 1_000).body))["error"]
    assert said["message"].startswith("binding: \\ud800 unknown") and len(said["message"]) < 600


def test_what_a_terminal_spelt_and_utf_8_cannot_is_told_all_the_same() -> None:
    assert read('{"\\ud800": ["\\udfff", "\\ud83d\\ude00"]}') == {"?": ["?", "\U0001f600"]}


ROLLOUT = {"name": "r", "terminals": [TERMINAL]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("rollouts", ROLLOUT | {"settings": {"link": {"\ud800": "\0"}}}),
        ("rollouts", ROLLOUT | {"settings": {"link": {"vitals_period_s": 10**400}}}),
        ("rollouts", ROLLOUT | {"command": {"type": "lock", "args": {"reason": "\ud800\0"}}}),
        ("rollouts", ROLLOUT | {"bindings": {TERMINAL: {"document": {"\ud800": 1}, "key_id": "", "signature": ""}}}),
        ("rollouts/preview", ROLLOUT | {"settings": {"link": {"\ud800": float("nan")}}}),
        ("commands", {"terminals": [TERMINAL], "type": "lock", "args": {"reason": "\0" * 100}}),
        ("commands", {"terminals": [TERMINAL], "type": "set_vitals_period", "args": {"seconds": 10**30}}),
    ],
)
def test_no_value_deep_in_an_order_is_a_defect(program: Program, path: str, body: dict[str, Any]) -> None:
    headers = program.session(ADMINISTRATOR) | {"Content-Type": "application/json"}
    answer = program.call("POST", f"/api/1/{path}", headers, content=json.dumps(body).encode())
    assert answer.status_code < 500, answer.text
    for listed in ("rollouts", "commands", "configurations", "audit"):
        assert program.call("GET", f"/api/1/{listed}", headers).status_code == 200
