import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tools.acquirer.till import Process, Till
from tools.cli.acquirer import app


def invoke(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_behave_and_ledger_work_on_the_running_acquirer(process: Process, till: Till) -> None:
    assert invoke("behave", "decline", "--dir", process.directory, "--code", "51", "--times", "2") == (0, "")
    assert invoke("behave", "answer_as", "--dir", process.directory, "--mid", "102581083986056") == (0, "")
    assert [till.sale().text(39) for _ in range(3)] == ["51", "51", "00"]
    code, output = invoke("ledger", "--dir", process.directory, "--json")
    assert code == 0
    assert [(row["state"], row["mid"] == "102581083986056") for row in json.loads(output)] == [
        ("declined", False), ("declined", False), ("approved", True)
    ]  # fmt: skip
    code, table = invoke("ledger", "--dir", process.directory)
    assert code == 0 and "declined" in table and "approved" in table


def test_always_is_understood(process: Process, till: Till) -> None:
    invoke("behave", "delay", "--ms", "1", "--times", "always", "--mti", "0400", "--dir", process.directory)
    assert process.control.status()["behaviours"] == [
        {"behaviour": "delay", "ms": 1, "times": "always", "mti": "0400"}
    ]  # fmt: skip


REFUSED = [
    (("behave", "explode"), "explode"),
    (("behave", "drop", "--times", "often"), "times"),
    (("behave", "drop", "--times", "-1"), "times"),
    (("behave", "decline"), "code"),
    (("behave", "drop", "--code", "51"), "code"),
]


@pytest.mark.parametrize(("arguments", "named"), REFUSED)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(
    process: Process, arguments: tuple[str, ...], named: str
) -> None:
    code, output = invoke(*arguments, "--dir", process.directory)
    assert code == 1
    assert output.startswith("error: ") and named in output and "Traceback" not in output


def test_no_acquirer_is_said_plainly(tmp_path: Path) -> None:
    assert "is it running" in invoke("behave", "drop", "--dir", tmp_path)[1]
    assert "there is no ledger" in invoke("ledger", "--dir", tmp_path)[1]
    code, output = invoke("serve", "--dir", tmp_path, "--terminals", tmp_path / "none.toml")
    assert (code, "none.toml" in output) == (1, True)


def test_serve_says_where_it_listens_and_ends_on_a_signal(process: Process, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from tools.cli.acquirer import app; app()", "serve", "--dir", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--terminals", str(process.terminals_file)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as serving:
        assert serving.stdout
        assert json.loads(serving.stdout.readline())["control"] == str(tmp_path / "control.sock")
        serving.terminate()
        assert serving.wait(10) == 0


@pytest.mark.parametrize("command", ["serve", "behave", "ledger"])
def test_help_says_what_the_command_does(command: str) -> None:
    code, output = invoke(command, "--help")
    assert code == 0 and "--dir" in output
