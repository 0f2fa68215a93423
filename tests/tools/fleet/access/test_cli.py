"""`jumpguard fleet users`, `tokens` and `audit`."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.tools.fleet.access.people import PASSWORD
from tests.tools.fleet.test_cli import run
from tools.fleet.access.door import Door
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place

HERE = "192.0.2.1"


@pytest.fixture
def folder(engine: Engine, tmp_path: Path) -> str:
    return str(tmp_path)


def test_users_are_added_changed_and_disabled(folder: str, tmp_path: Path) -> None:
    status, output = run("users", "add", "王芳", "--role", "administrator", "--draw", "--dir", folder)
    drawn = json.loads(output)["password"]
    store = OpenStore(Place(tmp_path))
    door = Door(store)
    assert status == 0 and door.session(door.log_in("王芳", drawn, HERE))
    assert run("users", "role", "王芳", "viewer", "--dir", folder)[0] == 1, "the last administrator"
    assert run("users", "add", "adam", "--role", "administrator", "--draw", "--dir", folder)[0] == 0
    assert run("users", "role", "王芳", "viewer", "--dir", folder)[0] == 0
    assert run("users", "disable", "王芳", "--dir", folder)[0] == 0
    status, output = run("users", "list", "--dir", folder, "--json")
    listed = {user["name"]: user for user in map(json.loads, output.splitlines())}
    assert listed["王芳"]["role"] == "viewer" and listed["王芳"]["disabled_at"] and not listed["adam"]["disabled_at"]
    assert run("users", "enable", "王芳", "--dir", folder)[0] == 0
    status, output = run("users", "list", "--dir", folder, "--language", "zh_CN")
    assert "管理员" in output and "adam" in output
    store.close()


def test_a_password_is_asked_for_twice_and_not_shown(folder: str, tmp_path: Path) -> None:
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    status, output = run("users", "add", "adam", "--role", "viewer", "--dir", folder, typed=typed)
    assert status == 0 and PASSWORD not in output
    status, output = run("users", "password", "adam", "--dir", folder, typed="too short\ntoo short\n")
    assert status == 1 and "12" in output
    store = OpenStore(Place(tmp_path))
    Door(store).log_in("adam", PASSWORD, HERE)
    store.close()


@pytest.mark.parametrize(
    "command", [("password", "nobody", "--draw"), ("role", "nobody", "viewer"), ("disable", "nobody")]
)
def test_a_user_that_there_is_not_is_named(folder: str, command: tuple[str, ...]) -> None:
    status, output = run("users", *command, "--dir", folder)
    assert status == 1 and "'nobody'" in output


def test_a_token_is_printed_once_and_ends_when_revoked(folder: str, tmp_path: Path) -> None:
    run("users", "add", "wang", "--role", "operator", "--draw", "--dir", folder)
    assert run("tokens", "make", "wang", "orders", "--role", "administrator", "--dir", folder)[0] == 1
    made = json.loads(run("tokens", "make", "wang", "prometheus", "--dir", folder)[1])
    store = OpenStore(Place(tmp_path))
    door = Door(store)
    assert door.token(made["token"])
    output = run("tokens", "list", "--user", "wang", "--dir", folder)[1]
    assert "prometheus" in output and made["token"] not in output
    assert run("tokens", "revoke", str(made["id"]), "--dir", folder)[0] == 0
    assert door.token(made["token"]) is None
    assert json.loads(run("tokens", "list", "--dir", folder, "--json")[1])["revoked_at"]
    assert run("tokens", "revoke", "99", "--dir", folder)[0] == 1
    store.close()


def test_the_log_says_which_account_of_the_machine_it_was(folder: str) -> None:
    run("users", "add", "wang", "--role", "operator", "--draw", "--dir", folder)
    run("users", "role", "wang", "viewer", "--dir", folder)
    lines = [json.loads(line) for line in run("audit", "--dir", folder, "--json")[1].splitlines()]
    assert [line["action"] for line in lines] == ["user.role", "user.add"]
    assert lines[0]["by"].startswith("cli:") and lines[0]["detail"] == {"role": "viewer", "before": "operator"}
    output = run("audit", "--action", "user.role", "--dir", folder)[1]
    assert "before=operator" in output and "user.add" not in output


def test_there_has_to_be_a_store(tmp_path: Path) -> None:
    for command in (("users", "list"), ("tokens", "list"), ("audit",)):
        status, output = run(*command, "--dir", str(tmp_path))
        assert status == 1 and str(tmp_path) in output.replace("\n", "")
