"""The power goes, or the disk runs full, during a set-up: each file is old or new, and the next run ends it."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from provisioning.pi.change import content_of
from provisioning.pi.changes import changes
from provisioning.pi.models import Model
from tests.faults import tracing
from tests.provisioning.pi import first_boot
from tests.provisioning.pi.tree import BOOKWORM, contents, make


def command(root: Path) -> list[str]:
    program = [sys.executable, "-P", "-c", "from tools.cli.app import main; main()", "setup"]
    return [*program, "--root", str(root), "--model", "4"]


def cut(folder: Path, call: str, numbers: Iterable[int]) -> int:
    """Kill set-ups at their `call` of each of `numbers`, and set up again after each; how many were killed."""
    for killed_so_far, number in enumerate(numbers):
        root = make(folder / f"{call}-{number}")
        before = contents(root)
        wanted = changes(root, Model.PI_4)
        killed, _ = tracing.killed_at(call, number, command(root))
        assert all(content_of(root, one.path) in (one.before, one.after) for one in wanted)
        done = tracing.run(command(root))
        assert done.returncode == 0, done.stderr
        assert changes(root, Model.PI_4) == []
        assert not list(root.rglob("*.jumpguard-new"))
        assert tracing.run([*command(root), "--undo"]).returncode == 0
        assert contents(root) == before
        if not killed:
            return killed_so_far
    return len(list(numbers))


@pytest.mark.parametrize(("call", "numbers"), [("rename", [1, 2, 12]), ("fsync", [1, 20])])
def test_a_set_up_that_was_killed_is_ended_by_the_next(tmp_path: Path, call: str, numbers: list[int]) -> None:
    assert cut(tmp_path, call, numbers) == len(numbers)


@pytest.mark.sweep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("call", ["rename", "fsync", "symlink", "unlink"])
def test_a_set_up_killed_at_each_call_is_ended_by_the_next(
    tmp_path: Path, call: str, say: Callable[[str], None]
) -> None:
    points = cut(tmp_path, call, range(1, 200))
    say(f"set-up: killed at {points} points of {call}")
    assert 5 < points < 199


@pytest.mark.sweep
@pytest.mark.timeout(900)
def test_a_first_boot_cut_off_before_each_step_is_ended_by_the_next(tmp_path: Path, say: Callable[[str], None]) -> None:
    wanted = first_boot.card(tmp_path)
    first_boot.write(first_boot.blank(tmp_path / "root", BOOKWORM), wanted)
    points = first_boot.steps(tmp_path / "root")
    for number, line in enumerate(points):
        root = first_boot.blank(tmp_path / str(number), BOOKWORM)
        first_boot.write(root, wanted)
        first_boot.cut_and_end(root, line)
    say(f"first boot: cut off at {len(points)} points")
    assert len(points) > 20


FULL = """
import pathlib, sys
from provisioning.errors import SetupError
from provisioning.pi.apply import apply
from provisioning.pi.change import content_of
from provisioning.pi.changes import changes
from provisioning.pi.models import Model
from tests.provisioning.pi.tree import make

root = make(pathlib.Path(sys.argv[1]) / "tree")
ballast = root.parent / "ballast"
wanted = changes(root, Model.PI_4)
with ballast.open("wb", buffering=0) as file:
    try:
        while file.write(bytes(4096)):
            pass
    except OSError:
        file.truncate(file.tell() - 6 * 4096)
try:
    apply(root, wanted)
except SetupError as error:
    assert "No space left" in str(error) and "goes on with what is left" in str(error), error
else:
    raise SystemExit("the disk did not run full")
left = changes(root, Model.PI_4)
assert all(content_of(root, one.path) in (one.before, one.after) for one in wanted)
assert not list(root.rglob("*.jumpguard-new"))
ballast.unlink()
apply(root, left)
assert changes(root, Model.PI_4) == []
print(len(wanted), len(left))
"""


def test_a_disk_that_runs_full_is_named_and_the_next_run_goes_on(tmp_path: Path) -> None:
    done = tracing.in_small_disk(512, tmp_path, [sys.executable, "-P", "-c", FULL, str(tmp_path)])
    assert done.returncode == 0, done.stderr
    all_of_them, left = map(int, done.stdout.split())
    assert 0 < left < all_of_them
