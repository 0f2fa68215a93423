"""`jumpguard provision install` and `practice`, as a technician meets them."""

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning import trail
from provisioning.trail_entry import FAILED, ROLLED_BACK
from tests.tools.person import ROOT, Person
from tools.broker import free_port
from tools.rig.files import MID, NAME, SERIAL
from tools.rig.practice import Practice

PROGRAM = [sys.executable, "-c", "from tools.cli.app import main; main()"]
WELL_UNDER_S = 60


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    directory = Path("/tmp") / f"jg-cli-{free_port()}"
    with Practice(directory, with_ssh=True) as practice:
        practice.terminal().start()
        yield practice
    subprocess.run(["rm", "-r", str(directory)], check=True)


def command(practice: Practice, known_hosts: Path) -> list[str]:
    assert practice.sshd is not None
    return [
        "provision", "install", str(practice.binding()), "--desk", str(practice.desk_file), "--by", "Wang",
        "--root", str(practice.terminal().root), "--over", practice.sshd.address,
        "--identity", str(practice.sshd.identity), "--known-hosts", str(known_hosts),
    ]  # fmt: skip


def test_a_question_that_nobody_can_answer_calls_it_off(practice: Practice, tmp_path: Path) -> None:
    assert practice.sshd is not None
    arguments = [*command(practice, tmp_path / "known_hosts"), "--host-key", practice.sshd.fingerprint]
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130, done.stderr
    assert "it was called off" in done.stderr and "Nothing was changed on the terminal." in done.stderr


def test_a_window_that_is_closed_calls_it_off(practice: Practice, tmp_path: Path) -> None:
    assert practice.sshd is not None
    terminal, arguments = practice.terminal(), command(practice, tmp_path / "known_hosts")
    with Person(tmp_path, *arguments, "--host-key", practice.sshd.fingerprint, "--yes") as person:
        person.reads("Hold a test card to the reader")
        assert SERIAL in [one.name for one in practice.rig.files.authority.admitted()]
        assert person.closes_the_window() == 130
    assert not (terminal.root / "etc/jumpguard/terminal.toml").exists()
    assert SERIAL not in [one.name for one in practice.rig.files.authority.admitted()]
    last = trail.reading(practice.trail).entries[-1].entry.deed
    assert (last.action, last.outcome, "INTERRUPTED" in str(last.detail)) == (ROLLED_BACK, FAILED, True)


def test_a_technician_is_led_from_the_host_key_to_the_hand_over(practice: Practice, tmp_path: Path) -> None:
    terminal, known = practice.terminal(), tmp_path / "known_hosts"
    assert practice.sshd is not None
    with Person(tmp_path, *command(practice, known)) as person:
        person.reads(f"a host key that was never seen here: {practice.sshd.fingerprint}")
        person.types("n")
        assert person.leaves() == 1
    assert not known.exists() and "Compare it with the one that the terminal shows" in person.screen

    with Person(tmp_path, *command(practice, known)) as person:
        person.reads("[y/N]")
        person.types("y")
        person.reads("Did all four lights come on, and did it sound?")
        person.reads("[y/n]")
        person.interrupts()
        assert person.leaves() == 130
    assert "it was called off" in person.screen and "Nothing was changed on the terminal." in person.screen

    with Person(tmp_path, *command(practice, known)) as person:
        for nothing in ("", "maybe"):
            person.reads("[y/n]")
            person.types(nothing)
            person.reads("y for yes, n for no")
        person.reads("[y/n]")
        person.types("n")
        assert person.leaves() == 1
    assert "step “Check hardware, clock and network”: lights or buzzer do not work" in person.screen

    with Person(tmp_path, *command(practice, known), language="zh_CN") as person:
        person.reads("[y/n]")
        person.types("y")
        person.reads("请现在打开终端机壳")
        terminal.board.tamper("open")
        person.reads("请合上机壳")
        terminal.board.tamper("closed")
        person.reads("请将测试卡贴近读卡器：正在进行一笔 0.01 的交易")
        terminal.board.tap("unionpay")
        assert person.leaves() == 0
    assert f"{SERIAL} 已可为 {NAME} 收款：{MID}" in person.screen
    made = {path.name.partition(".")[2] for path in tmp_path.glob(f"{SERIAL}-v1.*")}
    assert made == {"handover.json", "handover.pdf", "handover.txt"}
    assert NAME in (tmp_path / f"{SERIAL}-v1.handover.txt").read_text()


def test_the_two_commands_of_the_readme_lead_to_a_first_sale(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"jg-practice-{free_port()}"
    begun = time.monotonic()
    practising = subprocess.Popen(
        [*PROGRAM, "provision", "practice", "--dir", str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert practising.stdout is not None
        install, tap = (_printed(practising.stdout) for _ in range(2))
        assert _run("provision", "practice", "--dir", str(folder)).returncode == 1
        installing = subprocess.Popen(
            [*PROGRAM, *install, "--out", str(tmp_path), "--language", "en"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert installing.stdout is not None
        for line in installing.stdout:
            if "Hold a test card to the reader" in line:
                assert _run(*tap).returncode == 0
        assert installing.wait() == 0
        assert time.monotonic() - begun < WELL_UNDER_S
        assert (tmp_path / f"{SERIAL}-v1.handover.pdf").read_bytes().startswith(b"%PDF")
    finally:
        practising.terminate()
        practising.wait()
        subprocess.run(["rm", "-r", str(folder)], check=True)


def _printed(lines: Iterator[str]) -> list[str]:
    """The next command of ours that is printed, without the program's name."""
    line = next(line for line in lines if line.startswith("  "))
    return shlex.split(line)[1:]


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
