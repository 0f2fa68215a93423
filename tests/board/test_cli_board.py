"""`jumpguard board` against a virtual board in a process of its own."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from board.virtual import environment
from board.virtual.client import BoardClient, BoardProcess
from tools.cli.board import app, default_directory


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BoardClient]:
    monkeypatch.setenv("JUMPGUARD_BOARD", str(tmp_path / "board"))
    with BoardProcess(tmp_path / "board") as client:
        yield client


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_tap_and_remove_move_a_card_and_an_unknown_card_fails(client: BoardClient) -> None:
    assert run("tap", "unionpay").exit_code == 0
    assert [each["card"] for each in client.history() if each["what"] == "tap"] == ["unionpay"]
    failed = run("tap", "visa")
    assert failed.exit_code == 1 and "error: " in failed.stderr and "remove it first" in failed.stderr
    assert run("remove").exit_code == 0
    failed = run("tap", "gold")
    assert failed.exit_code == 1 and "no card 'gold'" in failed.stderr and "Traceback" not in failed.stderr


def test_tap_holds_a_damaged_card_and_a_damage_that_is_none_is_a_usage_error(client: BoardClient) -> None:
    assert run("tap", "unionpay", "--damage", "status:3:6985").exit_code == 0
    assert [each["damage"] for each in client.history() if each["what"] == "tap"] == ["status:3:6985"]
    assert run("tap", "visa", "--damage", "burn:1:1").exit_code == 2


def test_press_presses_and_an_unknown_button_is_a_usage_error(client: BoardClient) -> None:
    assert run("press", "help", "--ms", "5").exit_code == 0
    assert [each["button"] for each in client.history() if each["what"] == "press"] == ["help"]
    assert run("press", "enter").exit_code == 2
    assert run("press", "help", "--ms", "0").exit_code == 2


def test_tamper_opens_and_an_unknown_state_is_a_usage_error(client: BoardClient) -> None:
    assert run("tamper", "open").exit_code == 0
    assert [each["state"] for each in client.history() if each["what"] == "tamper"] == ["open"]
    assert run("tamper", "ajar").exit_code == 2


def test_lines_are_shown_as_a_table_and_as_json(client: BoardClient) -> None:
    table = run("lines")
    assert table.exit_code == 0 and "nfc_reset" in table.stdout and "high" in table.stdout
    shown = json.loads(run("lines", "--json").stdout)
    assert shown == {"lines": client.lines(), "pwm": {}}


def test_cards_are_listed_with_their_applications(client: BoardClient) -> None:
    table = run("cards")
    assert table.exit_code == 0 and "unionpay" in table.stdout and "UNIONPAY DEBIT" in table.stdout
    assert json.loads(run("cards", "--json").stdout) == client.cards()


def test_history_shows_what_happened_since(client: BoardClient) -> None:
    client.tap("visa")
    assert "card=visa" in run("history").stdout
    last = client.history()[-1]
    shown = run("history", "--json", "--since", str(last["n"] - 1)).stdout
    assert json.loads(shown) == last
    assert run("history", "--since", "-1").exit_code == 2


def test_vitals_change_what_is_named_and_nothing_else(client: BoardClient) -> None:
    assert run("vitals", "--temperature-c", "88.5", "--throttled", "0x50005").exit_code == 0
    assert run("vitals", "--wlan-signal-dbm", "-70", "--memory-available-kib", "2048", "--load1", "2").exit_code == 0
    changes = [happening for happening in client.history() if happening["what"] == "vitals"]
    assert [{k: v for k, v in change.items() if k not in ("n", "t", "what")} for change in changes] == [
        {"temperature_c": 88.5, "throttled": 0x50005},
        {"load1": 2, "mem_available_kib": 2048, "wlan_signal_dbm": -70},
    ]
    assert run("vitals", "--throttled", "hot").exit_code == 2
    assert run("vitals", "--wlan-signal-dbm", "5").exit_code == 2


def test_chip_fails_is_healed_and_an_unknown_fault_fails(client: BoardClient) -> None:
    assert run("chip", "hung").exit_code == 0
    assert run("chip", "none").exit_code == 0
    assert [each["fault"] for each in client.history() if each["what"] == "chip"] == ["hung", None]
    failed = run("chip", "tired")
    assert failed.exit_code == 1 and "choose one of hung" in failed.stderr


@pytest.mark.parametrize("command", [["remove"], ["lines"], ["history", "--follow"]])
def test_no_board_fails_and_names_the_remedy(tmp_path: Path, command: list[str]) -> None:
    failed = run(*command, "--dir", str(tmp_path / "nothing"))
    assert failed.exit_code == 1
    assert f"no virtual board at {tmp_path}/nothing" in failed.stderr and "start one with" in failed.stderr


def test_serve_runs_a_board_until_ctrl_c_and_a_second_one_fails(tmp_path: Path) -> None:
    code = "from tools.cli.board import app; app()"
    command = [sys.executable, "-c", code, "serve", "--dir", str(tmp_path / "board")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            assert json.loads(served.stdout.readline())["control"] == f"{tmp_path}/board/control.sock"
            assert served.stderr is not None
            variables = dict(each.split("=", 1) for each in shlex.split(served.stderr.readline())[1:])
            assert variables == environment(tmp_path / "board")
            assert run("tap", "unionpay", "--dir", str(tmp_path / "board")).exit_code == 0
            second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
            assert second.returncode == 1 and "a virtual board lives in" in second.stderr
        finally:
            served.send_signal(signal.SIGINT)
        assert served.wait(10) == 0
    assert not (tmp_path / "board").exists()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"XDG_RUNTIME_DIR": "/run/user/7"}, "/run/user/7/jumpguard-board"),
        ({"HOME": "/home/ada"}, "/home/ada/.cache/jumpguard/board"),
    ],
)
def test_folder_without_a_word_is_the_users_own(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(default_directory()) == expected


def test_every_command_has_an_example_in_its_help() -> None:
    for command in ("serve", "tap", "remove", "cards", "press", "tamper", "lines", "history", "chip"):
        shown = CliRunner(env={**os.environ, "COLUMNS": "200"}).invoke(app, [command, "--help"])
        assert shown.exit_code == 0 and f"Example: jumpguard board {command}" in shown.stdout
