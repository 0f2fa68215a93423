"""The power goes while bindings are signed: the registry stays whole, and the next try hands out what it says."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from provisioning import keys
from provisioning.application.application import save
from provisioning.registry import reading
from provisioning.registry_check import faults
from tests.faults import tracing
from tests.provisioning.merchant import application

SERIALS = ("JG-2026-0001", "JG-2026-0002")


def signing(folder: Path) -> list[str]:
    """The command that signs two applications."""
    folder.mkdir(parents=True)
    keys.create(folder / "binding.key", keys.BINDING)
    files = [save(application(serial=serial, tid=f"1000000{serial[-1]}"), folder) for serial in SERIALS]
    options = ["--registry", folder / "registry", "--key", folder / "binding.key", "--out", folder, "--new-registry"]
    program = [sys.executable, "-P", "-c", "from tools.cli.app import main; main()", "provision", "sign"]
    return [*program, *map(str, files), *map(str, options)]


def whole(folder: Path) -> list[str]:
    """The terminals that the registry has bindings of, after it was proven, and each file that is there as well."""
    if not (folder / "registry").exists():
        assert not list(folder.glob("*.binding.json"))
        return []
    registry = reading(folder / "registry")
    assert list(faults(registry)) == []
    for path in folder.glob("*.binding.json"):
        binding = json.loads(path.read_bytes())
        entry = registry.latest[binding["document"]["serial"]]
        assert binding == entry.binding
    return [one.entry.serial for one in registry.entries]


def cut(folder: Path, call: str, numbers: Iterable[int]) -> int:
    """Kill signings at their `call` of each of `numbers`, and sign again after each; how many were killed."""
    for killed_so_far, number in enumerate(numbers):
        place = folder / str(number)
        command = signing(place)
        killed, _ = tracing.killed_at(call, number, command)
        known = whole(place)
        assert known == list(SERIALS[: len(known)])
        done = tracing.run(command)
        assert done.returncode == 0, done.stderr
        assert whole(place) == list(SERIALS)
        assert len(list(place.glob("*.binding.json"))) == len(SERIALS)
        if not killed:
            return killed_so_far
    raise AssertionError(f"no signing came to its end without one more {call}")


def test_a_kill_at_a_sync_leaves_the_registry_whole(tmp_path: Path) -> None:
    assert cut(tmp_path, "fdatasync", range(1, 200, 5)) >= 2


@pytest.mark.sweep
@pytest.mark.parametrize("call", ["fdatasync", "fsync", "pwrite64", "rename", "unlink"])
def test_sweep_of_every_call_of_a_signing(tmp_path: Path, call: str, say: Callable[[str], None]) -> None:
    points = cut(tmp_path, call, range(1, 200))
    say(f"signing, {call}: {points} points")
    assert points
