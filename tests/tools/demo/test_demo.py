"""The demonstration as its users start it: the command, what it prints, its exit code, and what it leaves behind."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.demo.steps import STEPS

COMMAND = [str(Path(sys.executable).with_name("jumpguard")), "demo"]
NAMES = [step.name for step in STEPS]


def environment(temporary: Path) -> dict[str, str]:
    """The desk's environment, with temporary files where the test can look for them."""
    return {**os.environ, "TMPDIR": str(temporary), "LANG": "C.UTF-8", "COLUMNS": "160"}


def play(temporary: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the demonstration to its end."""
    return subprocess.run(
        [*COMMAND, *options], env=environment(temporary), capture_output=True, text=True, timeout=110, check=False
    )


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON objects that it printed, one a line."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def rigs(temporary: Path) -> list[str]:
    """The processes that still name a folder of this test."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(str(temporary) in word for word in words) and int(process.name) != os.getpid():
            found.append(" ".join(words))
    return found


def assert_nothing_is_left(temporary: Path) -> None:
    assert rigs(temporary) == []
    assert list(temporary.iterdir()) == []


def test_every_step_comes_out_as_promised_and_nothing_is_left_behind(short_dir: Path) -> None:
    done = play(short_dir, "--once", "--json")
    steps = told(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [step["step"] for step in steps] == NAMES
    for step in steps:
        assert set(step) == {"step", "title", "expected", "observed", "ok"}
        assert step["ok"] is True and step["observed"] == step["expected"] != {}
    assert_nothing_is_left(short_dir)


@pytest.mark.parametrize(
    ("part", "noticing"),
    [
        ("gate", "altered"),
        ("journal", "clean"),
        *(pytest.param(*one, marks=pytest.mark.sweep) for one in (("match", "jump"), ("outbox", "clean"))),
    ],
)
def test_a_part_that_is_switched_off_is_noticed_by_a_step_that_says_so(
    part: str, noticing: str, short_dir: Path
) -> None:
    done = play(short_dir, "--once", "--json", "--break", part)
    steps = told(done)
    assert done.returncode == 1, done.stderr
    assert [step["step"] for step in steps if not step["ok"]] == [noticing]
    assert steps[-1]["step"] == noticing
    assert_nothing_is_left(short_dir)


def test_a_person_reads_plain_text_where_there_is_no_terminal_and_the_failing_step_by_name(short_dir: Path) -> None:
    done = play(short_dir, "--once", "--break", "match")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert done.stdout.splitlines()[-1] == "Steps that noticed a fault: jump"
    assert "! ledger: promised reversed 40.00" in done.stdout


def test_it_speaks_chinese_when_asked(short_dir: Path) -> None:
    done = play(short_dir, "--once", "--json", "--language", "zh_CN", "--break", "journal")
    assert told(done)[0]["title"] == "正常消费：挥卡、核实商户、授权通过"


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, *(pytest.param(number, marks=pytest.mark.sweep) for number in (signal.SIGINT, signal.SIGHUP))],
)
def test_it_stays_up_until_it_is_interrupted_and_then_ends_everything(number: int, short_dir: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--json"], env=environment(short_dir), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline() for _ in NAMES]
        assert all(json.loads(line)["ok"] for line in lines)
        assert select.select([running.stdout], [], [], 0.5)[0] == [], "it ended by itself"
        assert len(rigs(short_dir)) >= 5, "the counter's processes are not there"
        for _ in range(4):  # an impatient hand does not cut the tidying up short
            running.send_signal(number)
        assert running.wait(60) == 0, "all steps came out, and being ended is how it ends"
    assert_nothing_is_left(short_dir)


def test_an_unknown_part_is_a_wrong_usage(short_dir: Path) -> None:
    done = play(short_dir, "--once", "--break", "roof")
    assert done.returncode == 2
    assert "roof" in done.stderr
