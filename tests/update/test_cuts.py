"""The power is cut at every step of taking a release: the one before is in force, and the next try works."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from board.slots.marks import PROVEN
from board.slots.state import read_slots
from provisioning.update.places import Places
from provisioning.update.take import take
from tests.structure.places import ROOT
from tests.update.publisher import Publisher

FIRST = "a" * 16
EACH = 60


class Cutter:
    """The program that takes releases and is killed meanwhile, on copies of a terminal that has taken one before.

    That one has just proven itself; with `staged` another one waits to be tried, and is to be replaced.
    """

    def __init__(self, directory: Path, staged: bool) -> None:
        self.directory = directory
        self.before = Places(directory / "before")
        publisher = Publisher(directory)
        publisher.trusted_by(self.before)
        publisher.publish("0.2.0")
        take(self.before, name=FIRST)
        self.before.marks.write(PROVEN, FIRST)
        if staged:
            publisher.publish("0.2.1")
            take(self.before)
        publisher.publish("0.3.0")
        command = [sys.executable, "-P", "-m", "tests.update.cutting"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def cut(self, number: int) -> bool:
        """Cut the power before the `number`-th change; False where there are fewer. What it leaves is looked at."""
        places = Places(self.directory / f"cut-{number}")
        shutil.copytree(self.before.root, places.root, symlinks=True)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{places.root} {number}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer in ("cut", "through")
        self.assert_sound(places)
        if answer == "cut":
            assert take(places) == "0.3.0"
        self.assert_sound(places)
        trial = read_slots(places.slots).trial
        assert trial is not None and trial.version == "0.3.0"
        left = {entry.name for entry in places.slots.iterdir()} - {".lock", "metadata", "slots.json"}
        assert left == {"0.2.0", "0.3.0"}
        shutil.rmtree(places.root)
        return answer == "cut"

    def assert_sound(self, places: Places) -> None:
        """The release before is in force, and whatever is to be tried is all there."""
        slots = read_slots(places.slots)
        trial = slots.trial
        if trial is not None and trial.id == FIRST:
            assert places.marks.first(PROVEN) == FIRST
        else:
            assert slots[:2] == ("0.2.0", FIRST)
        assert self.whole(places, "0.2.0")
        assert trial is None or self.whole(places, trial.version)

    def whole(self, places: Places, version: str) -> bool:
        """Whether all that the package of `version` holds is in its slot."""
        tree = self.directory / "packages" / f"tree-{version}" / "usr" / "lib" / "jumpguard"
        slot = places.slots / version
        return all((slot / file.relative_to(tree)).read_bytes() == file.read_bytes() for file in files_in(tree))

    def stop(self) -> None:
        """End the program."""
        self.process.communicate(timeout=10)


def files_in(folder: Path) -> Iterator[Path]:
    return (entry for entry in folder.rglob("*") if entry.is_file())


@pytest.fixture(scope="module", params=[False, True], ids=["proven", "staged"])
def cutter(request: pytest.FixtureRequest) -> Iterator[Cutter]:
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    cutter = Cutter(directory, request.param)
    yield cutter
    cutter.stop()
    shutil.rmtree(directory)


@pytest.mark.parametrize("cutter", [True], ids=["staged"], indirect=True)
def test_a_cut_leaves_the_release_before_and_the_next_try_works(cutter: Cutter) -> None:
    assert cutter.cut(34)


@pytest.mark.sweep
@pytest.mark.timeout(600)
def test_a_cut_at_every_change_leaves_the_release_before_and_the_next_try_works(
    cutter: Cutter, say: Callable[[str], None]
) -> None:
    number, cuts = 1, 0
    while cutter.cut(number):
        cuts += 1
        # Behind these many a slot is removed, file by file: one is as good as the next.
        number += 1 if number < EACH else 10
    say(f"update: cut at {cuts} points of {number}")
    assert cuts > 30
