"""The power goes, or the disk is full, while the audit trail is written: what stood in it stays, whole."""

import sys
from pathlib import Path

import pytest

from provisioning import keys, trail
from provisioning.trail_entry import Deed
from tests.faults import tracing

APPEND = """
import sys
from pathlib import Path
from provisioning import keys, trail
from provisioning.errors import TrailError
from provisioning.trail_entry import Deed
path, key = Path(sys.argv[1]), keys.load(Path(sys.argv[2]))
told = 0
try:
    for number in range(int(sys.argv[3])):
        trail.append(path, key, Deed(by="Wang", action="installed", serial=f"JG-{number:04}", why="x" * 150))
        told += 1
except TrailError as error:
    sys.stderr.write(f"{error}\\n")
found = trail.reading(path)
assert len(found.entries) == told and not found.torn, (len(found.entries), told, found.torn)
print(told)
"""


def writing(folder: Path, path: Path, count: int) -> list[str]:
    """The command that appends `count` entries to the trail in `path`."""
    folder.mkdir(exist_ok=True)
    if not (folder / "technician.key").exists():
        keys.create(folder / "technician.key", keys.TECHNICIAN)
    return [sys.executable, "-P", "-c", APPEND, str(path), str(folder / "technician.key"), str(count)]


def goes_on(folder: Path, path: Path) -> int:
    """How many entries are left; one more is put behind them."""
    before = len(trail.reading(path).entries) if path.exists() else 0
    key = trail.load_technician(folder / "technician.key")
    trail.append(path, key, Deed(by="Li", action="updated", serial="JG-9999"))
    after = trail.reading(path)
    assert (len(after.entries), after.torn) == (before + 1, 0)
    return before


@pytest.mark.parametrize(("call", "whole"), [("write", [0, 1]), ("fsync", [1, 1, 2])])
def test_a_kill_loses_no_entry_that_was_told_of(call: str, whole: list[int], tmp_path: Path) -> None:
    found = []
    for number in range(1, len(whole) + 1):
        folder = tmp_path / str(number)
        killed, _ = tracing.killed_at(call, number, writing(folder, folder / "trail", 2))
        assert killed
        found.append(goes_on(folder, folder / "trail"))
    assert found == whole


@pytest.mark.parametrize(("call", "error"), [("write", "ENOSPC"), ("fsync", "EIO")])
def test_a_disk_that_refuses_leaves_the_trail_as_it_was(call: str, error: str, tmp_path: Path) -> None:
    command = writing(tmp_path, tmp_path / "trail", 3)
    # Of the first entry the folder is synced as well.
    done = tracing.failed_at(call, {"write": 2, "fsync": 3}[call], error, command)
    assert done.stdout == "1\n"
    assert "nothing was lost of what stood in it" in done.stderr
    assert goes_on(tmp_path, tmp_path / "trail") == 1


def test_a_full_disk_takes_whole_entries_or_none(tmp_path: Path) -> None:
    mount = tmp_path / "disk"
    mount.mkdir()
    done = tracing.in_small_disk(64, mount, writing(tmp_path, mount / "trail", 1000))
    assert done.returncode == 0, done.stderr
    assert "No space left on device" in done.stderr
    assert 20 < int(done.stdout) < 200
