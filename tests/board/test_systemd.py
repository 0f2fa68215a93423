"""The units: systemd takes every line, what they let be done is little, and the agent does no more than that."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from board.slots.marks import PROVEN, REQUEST
from board.slots.state import read_slots
from board.virtual import environment
from provisioning.till import Till
from provisioning.update.places import Places
from tests.board.manager import Manager, managed
from tests.faults.tracing import run, strace
from tests.update.publisher import Publisher
from tools.rig.rig import Rig

FOLDER = Path(__file__).parents[2] / "board" / "systemd"
UNIT = FOLDER / "jumpguard.service"
UPDATE = FOLDER / "jumpguard-update.service"
EXECUTABLE = "/usr/lib/jumpguard/bin/python"
# SQLite gives its files to whom the database belongs where root runs it, and the service's user is not root.
CALLS_OF_ROOT = {"fchown"} if os.geteuid() == 0 else set[str]()
LINE = re.compile(r"^\d+ +(?P<call>\w+)\((?P<arguments>.*)")


def values(key: str, unit: Path = UNIT) -> list[str]:
    """All that `unit` says of `key`, word for word."""
    return [
        word
        for line in unit.read_text().splitlines()
        if line.startswith(f"{key}=")
        for word in line[len(key) + 1 :].split()
    ]


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is not installed: run `sudo apt-get install systemd`"
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)


def verified(tmp_path: Path, name: str, text: str) -> "subprocess.CompletedProcess[str]":
    """What systemd says of the unit `text`, whose program is one of this machine."""
    unit = tmp_path / name
    unit.write_text(text.replace(EXECUTABLE, sys.executable))
    return analyze("verify", "--man=no", str(unit))


@pytest.mark.parametrize("unit", sorted(FOLDER.glob("jumpguard*.[ps]*")), ids=lambda unit: unit.name)
def test_systemd_takes_every_line_of_the_units(tmp_path: Path, unit: Path) -> None:
    assert EXECUTABLE in unit.read_text() or unit.suffix == ".path"
    if unit.suffix == ".path":  # it names the service beside it
        (tmp_path / UPDATE.name).write_text(UPDATE.read_text().replace(EXECUTABLE, sys.executable))
    done = verified(tmp_path, unit.name, unit.read_text())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_names_a_line_that_it_does_not_know(tmp_path: Path) -> None:
    done = verified(tmp_path, UNIT.name, UNIT.read_text().replace("ProtectClock", "ProtectClok"))
    assert "ProtectClok" in done.stderr


@pytest.mark.parametrize("unit", [UNIT, UPDATE], ids=lambda unit: unit.name)
def test_the_units_are_exposed_no_more_than_thirty_in_a_hundred(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=30", str(unit))
    assert done.returncode == 0, done.stdout


def test_a_unit_without_its_walls_is_over_the_threshold(tmp_path: Path) -> None:
    bare = tmp_path / UNIT.name
    walls = ("Protect", "Private", "Restrict", "SystemCall", "CapabilityBounding", "NoNew", "Device")
    bare.write_text("\n".join(line for line in UNIT.read_text().splitlines() if not line.startswith(walls)))
    assert analyze("security", "--offline=true", "--threshold=30", str(bare)).returncode != 0


def test_its_user_is_made_with_the_groups_of_its_devices(tmp_path: Path) -> None:
    program = shutil.which("systemd-sysusers")
    assert program, "systemd-sysusers is not installed: run `sudo apt-get install systemd`"
    (tmp_path / "etc").mkdir()
    shutil.copy(FOLDER / "jumpguard.conf", tmp_path)
    subprocess.run([program, f"--root={tmp_path}", str(tmp_path / "jumpguard.conf")], check=True, timeout=60)
    (user,) = (tmp_path / "etc" / "passwd").read_text().splitlines()
    assert user.startswith("jumpguard:") and ":/var/lib/jumpguard:" in user
    groups = [line.split(":") for line in (tmp_path / "etc" / "group").read_text().splitlines()]
    assert {name for name, *_, members in groups if members == "jumpguard"} == {"dialout", "gpio", "video"}


def test_the_units_name_the_places_that_the_programs_use() -> None:
    places = Places(Path("/"))
    assert (str(places.slots), str(places.marks.folder)) == tuple(values("ExecStart")[4:6])
    paths = [line.partition("=")[2] for line in (FOLDER / "jumpguard-update.path").read_text().splitlines()]
    assert {str(places.marks.folder / name) for name in (REQUEST, PROVEN)} <= set(paths)
    assert f"StateDirectory={places.slots.name}" in UPDATE.read_text()


# --- what the agent really does, by strace


@pytest.fixture(scope="module")
def calls() -> Iterator[list[tuple[str, str]]]:
    """The system calls of an agent from its start over a sale to its end, each with its arguments."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Rig(directory) as rig, managed(directory) as manager:
        rig.agent.stop()
        yield list(traced(rig, manager, directory / "trace"))
    shutil.rmtree(directory)


def traced(rig: Rig, manager: Manager, trace: Path) -> Iterator[tuple[str, str]]:
    command = [*strace("-o", str(trace)), sys.executable, "-P", "-m", "board", "--settings", str(rig.files.settings)]
    variables = {**os.environ, **environment(rig.files.board), "NOTIFY_SOCKET": manager.address}
    with subprocess.Popen(command, env=variables, cwd=rig.directory, stdout=subprocess.PIPE, text=True) as agent:
        try:
            assert agent.stdout is not None
            address = json.loads(agent.stdout.readline())["api"]
            manager.until("READY=1", "STATUS=ready", within_s=60)
            rig.board.tap("unionpay")
            assert Till(address, rig.files.token).pay("P-1", "1.00")["Response"]["Result"] == "Success"
        finally:
            # What strace follows is ended, and strace with it.
            os.kill(int(trace.read_text().split(maxsplit=1)[0]), signal.SIGTERM)
    assert agent.returncode == 0
    for line in trace.read_text().splitlines():
        if found := LINE.match(line):
            yield found["call"], found["arguments"]


def allowed_calls(unit: Path = UNIT) -> set[str]:
    """What the system call filter of `unit` lets through: what it names first, without what it denies behind that."""
    sets: dict[str, set[str]] = {}
    for line in analyze("syscall-filter").stdout.splitlines():
        if line.startswith("@"):
            members = sets.setdefault(line.strip(), set())
        elif line.startswith("    ") and "#" not in line:
            members.add(line.strip())

    def spread(name: str) -> set[str]:
        return set().union(*map(spread, sets[name])) if name in sets else {name}

    lines = values("SystemCallFilter", unit)
    first_denied = next(index for index, word in enumerate(lines) if word.startswith("~"))
    allowed = set().union(*map(spread, lines[:first_denied]))
    return allowed - set().union(*(spread(word.lstrip("~")) for word in lines[first_denied:]))


def test_the_agent_needs_no_system_call_that_the_filter_denies(calls: list[tuple[str, str]]) -> None:
    made, allowed = {call for call, _ in calls}, allowed_calls()
    assert {"execve", "connect", "prctl", "fdatasync"} <= made
    assert {"mount", "setuid", "chown", "ptrace", "setpriority"}.isdisjoint(allowed)
    assert made - allowed - CALLS_OF_ROOT == set()


def test_the_agent_speaks_only_the_families_of_addresses_that_it_may(calls: list[tuple[str, str]]) -> None:
    families = {said.split(",")[0] for call, said in calls if call == "socket"}
    assert families <= set(values("RestrictAddressFamilies"))
    assert {"AF_INET", "AF_UNIX"} <= families


def test_an_update_needs_no_system_call_that_the_filter_denies(tmp_path: Path) -> None:
    places, publisher, trace = Places(tmp_path / "terminal"), Publisher(tmp_path), tmp_path / "trace"
    publisher.trusted_by(places)
    publisher.publish("0.2.0")
    places.marks.write(REQUEST, "a" * 16, "0.2.0")
    serve = [sys.executable, "-P", "-m", "provisioning.update", "--root", str(places.root)]
    done = run([*strace("-o", str(trace)), *serve])
    assert (done.returncode, read_slots(places.slots).trial is None) == (0, False), done.stderr
    made = {found["call"] for line in trace.read_text().splitlines() if (found := LINE.match(line))}
    assert {"execve", "fsync", "syncfs", "flock"} <= made
    assert made - allowed_calls(UPDATE) == set()
