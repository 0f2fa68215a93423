"""The environment of a package at work, in a folder that it was not built for: the agent, and every command."""

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.tools.package import first_start, helps
from tools.cli import app, provision

# What a terminal has to have at hand. Others may be of the desk alone, and say so.
ON_A_TERMINAL = frozenset(
    (
        *("sale", "status", "abort", "last", "unresolved", "reverse", "doctor", "board", "keys", "settings"),
        *("setup", "update", "provision", "provision install", "provision handover"),
    )
)
NAMES = [*app.COMMANDS, *(f"provision {name}" for name in provision.COMMANDS)]
# The first is one that says what it needs.
OF_THE_DESK = ["fleet", *(name for name in NAMES if name not in ON_A_TERMINAL | {"fleet"})]


def run(program: Path, *arguments: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={"PATH": os.defpath, "COLUMNS": "120", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def helped(environment: Path, folder: Path, names: Iterable[str]) -> dict[str, tuple[int, str, str]]:
    """What each command of `names` says to `--help`: exit code, output, errors."""
    done = run(environment / "bin" / "python", "-I", str(Path(helps.__file__)), *names, folder=folder)
    assert done.returncode == 0, done.stderr
    told: dict[str, tuple[int, str, str]] = json.loads(done.stdout)
    return told


def test_each_command_of_a_terminal_helps(environment: Path, tmp_path: Path) -> None:
    assert set(NAMES) >= ON_A_TERMINAL
    for name, (code, output, errors) in helped(environment, tmp_path, ON_A_TERMINAL).items():
        assert (code, errors) == (0, ""), name
        assert f"Usage: jumpguard {name}" in output


@pytest.mark.parametrize("names", [OF_THE_DESK[:1], pytest.param(OF_THE_DESK[1:], marks=pytest.mark.package)])
def test_any_other_helps_or_says_which_environment_it_needs(
    environment: Path, tmp_path: Path, names: list[str]
) -> None:
    for name, (code, output, errors) in helped(environment, tmp_path, names).items():
        if code == 0:
            assert f"Usage: jumpguard {name}" in output
            continue
        assert (code, errors.count("\n")) == (1, 1), name
        assert "this command needs" in errors and "locks/desk.txt" in errors


def test_the_list_of_commands_says_which_are_of_the_desk(environment: Path, tmp_path: Path) -> None:
    done = run(environment / "bin" / "jumpguard", "--help", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = {line.split()[1]: line for line in done.stdout.splitlines() if line[2:3].isalpha() and len(line.split()) > 2}
    assert "Not on a terminal" in told["fleet"]
    assert "Not on a terminal" not in told["settings"]


def test_what_a_command_of_the_desk_misses_while_it_runs_is_said_as_plainly(environment: Path, tmp_path: Path) -> None:
    done = run(environment / "bin" / "jumpguard", "decode", "mid", "898210154110002", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "this command needs iso18245" in done.stderr


def test_neither_the_folder_nor_the_callers_variables_bring_modules_in(environment: Path, tmp_path: Path) -> None:
    for name in ("typer", "tools", "agent", "json", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stray module')")
    link = tmp_path / "terminal"
    link.symlink_to(environment / "bin" / "jumpguard")
    again = tmp_path / "again"
    again.symlink_to("terminal")
    stray = {"PYTHONPATH": str(tmp_path), "PYTHONHOME": str(tmp_path)}
    done = run(again, "settings", "explain", "gate", folder=tmp_path, **stray)
    assert (done.returncode, done.stderr) == (0, "")
    bare = run(environment / "bin" / "python", "-c", "import typer", folder=tmp_path)
    assert "a stray module" in bare.stderr


def test_a_terminal_of_it_gets_ready_on_the_virtual_board(environment: Path, short_dir: Path) -> None:
    program = Path(first_start.__file__)
    done = run(environment / "bin" / "python", "-P", str(program), str(short_dir), folder=short_dir)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ready"] is True
    assert Path(told["package"]).is_relative_to(environment)
