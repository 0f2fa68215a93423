"""The chooser as a program: which release it becomes, and what it has written down before."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from board.slots.choose import ON_TRIAL
from board.slots.marks import BEGUN, PROVEN, TOLD, Marks
from board.slots.state import STATE_FILE, Slots, Trial, read_slots, write_slots
from board.version import VERSION
from tests.structure.places import ROOT

ONE, OTHER = "a" * 16, "b" * 16
# Says which release it is, how it was called, which trial it is, and whether its beginning was on disk before.
SAYS = """#!/bin/sh
begun=$(cut -d' ' -f1 "$JUMPGUARD_MARKS/begun" 2>/dev/null)
echo "{version} $* trial=$JUMPGUARD_TRIAL declined=$JUMPGUARD_DECLINED begun=$begun"
"""


class Place:
    """Slots and marks in a folder."""

    def __init__(self, folder: Path) -> None:
        self.slots = folder / "slots"
        self.slots.mkdir()
        self.marks = Marks(folder / "marks")

    def slot(self, version: str, does: str = SAYS) -> None:
        """A slot whose release says what it is."""
        python = self.slots / version / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(does.format(version=version))
        python.chmod(0o755)

    def choose(self, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run the chooser; the package's own release says that it has no settings."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "board.slots", str(self.slots), str(self.marks.folder), "--settings", "none"],
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def becomes(self) -> str:
        """What the release that it becomes says; "package" for the package's own."""
        done = self.choose()
        return "package" if "none: cannot be read" in done.stderr else done.stdout.strip()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def said(version: str, trial: str = "", begun: str = "", declined: str = "") -> str:
    return f"{version} -P -m board --settings none trial={trial} declined={declined} begun={begun}"


def test_without_slots_it_is_the_packages_own(place: Place) -> None:
    assert place.becomes() == "package"
    assert not place.marks.folder.exists()


def test_a_trial_is_begun_once_and_the_release_before_comes_back(place: Place) -> None:
    for version in ("0.2.0", "0.3.0"):
        place.slot(version)
    write_slots(place.slots, Slots("0.2.0", OTHER, "", Trial(ONE, "0.3.0", 60)))
    assert place.becomes() == said("0.3.0", ONE, ONE)
    assert [place.becomes() for _ in range(2)] == [said("0.2.0", begun=ONE)] * 2
    write_slots(place.slots, Slots("0.2.0", OTHER, "", Trial("c" * 16, "0.3.0", 60)))
    assert place.becomes() == said("0.3.0", "c" * 16, "c" * 16), "ordered anew it is tried anew"


def test_a_trial_that_has_proven_itself_stays_before_and_after_root_has_heard_of_it(place: Place) -> None:
    for version in ("0.2.0", "0.3.0"):
        place.slot(version)
    write_slots(place.slots, Slots("0.2.0", OTHER, "", Trial(ONE, "0.3.0", 60)))
    place.becomes()
    place.marks.write(PROVEN, ONE)
    assert place.becomes() == said("0.3.0", begun=ONE)
    write_slots(place.slots, Slots("0.3.0", ONE, "0.2.0"))
    assert place.becomes() == said("0.3.0", begun=ONE)


def test_a_trial_that_was_given_up_is_not_begun_later(place: Place) -> None:
    place.slot("0.2.0")
    write_slots(place.slots, Slots(trial=Trial(ONE, "0.2.0", 60)))
    place.marks.write(TOLD, ONE)
    assert place.becomes() == "package"


def test_the_unit_can_tell_a_trial_from_any_other_run(place: Place, tmp_path: Path) -> None:
    place.slot("0.2.0")
    write_slots(place.slots, Slots(trial=Trial(ONE, "0.2.0", 60)))
    place.choose(RUNTIME_DIRECTORY=str(tmp_path))
    unit = (ROOT / "board" / "systemd" / "jumpguard.service").read_text()
    assert f"%t/jumpguard/{ON_TRIAL} " in unit
    (tmp_path / ON_TRIAL).unlink()
    place.choose(RUNTIME_DIRECTORY=str(tmp_path))
    assert not (tmp_path / ON_TRIAL).exists()


def test_the_kernel_ends_a_trial_at_its_deadline(place: Place) -> None:
    place.slot("0.2.0", "#!/bin/sh\nexec sleep 50\n")
    write_slots(place.slots, Slots(trial=Trial(ONE, "0.2.0", 1)))
    assert place.choose().returncode == -14, "SIGALRM"
    assert place.becomes() == "package"


def test_no_deadline_is_left_over_for_the_release_before(place: Place) -> None:
    place.slot("0.2.0", "no program")
    place.slot("0.1.5", "#!/bin/sh\nsleep 2\necho through\n")
    write_slots(place.slots, Slots("0.1.5", OTHER, "", Trial(ONE, "0.2.0", 1)))
    assert place.becomes() == "through"


@pytest.mark.parametrize("does", ["no program", pytest.param("#!/nowhere/sh\n", marks=pytest.mark.sweep)])
def test_a_slot_that_cannot_be_started_gives_way_to_the_next(place: Place, does: str) -> None:
    place.slot("0.2.0")
    place.slot("0.3.0", does)
    write_slots(place.slots, Slots("0.2.0", OTHER, "", Trial(ONE, "0.3.0", 60)))
    assert place.becomes() == said("0.2.0", begun=ONE)
    write_slots(place.slots, Slots("0.3.0", ONE, "0.2.0"))
    assert place.becomes() == "package"


@pytest.mark.parametrize("version", [VERSION, "0.1.9"])
def test_a_release_that_is_not_later_is_not_tried(place: Place, version: str) -> None:
    for each in {version, "0.1.9"}:
        place.slot(each)
    in_force = "0.1.9" if version == "0.1.9" else ""
    write_slots(place.slots, Slots(in_force, OTHER if in_force else "", "", Trial(ONE, version, 60)))
    assert place.becomes() == (said("0.1.9", declined=ONE) if in_force else "package")
    assert place.marks.read(BEGUN) == []


def test_a_package_that_is_later_than_the_slot_is_the_one_in_force(place: Place) -> None:
    place.slot("0.0.9")
    write_slots(place.slots, Slots("0.0.9", ONE))
    assert place.becomes() == "package"


def test_a_trial_whose_beginning_cannot_be_written_down_is_not_begun(place: Place) -> None:
    place.slot("0.2.0")
    write_slots(place.slots, Slots(trial=Trial(ONE, "0.2.0", 60)))
    place.marks.folder.write_text("in the way")
    said = place.choose().stderr
    assert "release 0.2.0 is not tried" in said and "none: cannot be read" in said


@pytest.mark.parametrize(
    "state",
    [
        "",
        "{",
        "[]",
        "[" * 4_000,
        json.dumps({"version": "../../tmp", "id": ONE, "before": "", "trial": None}),
        json.dumps({"version": "0.2.0", "id": 7, "before": "", "trial": None}),
        json.dumps({"version": "", "id": "", "before": "", "trial": [ONE, "../0.2.0", 60]}),
        json.dumps({"version": "", "id": "", "before": "", "trial": [ONE, "0.2.0", 0]}),
        json.dumps({"version": "", "id": "", "before": "", "trial": [ONE, "0.2.0", True]}),
        json.dumps({"version": "", "id": "", "before": "", "trial": ["x", "0.2.0", 60]}),
        json.dumps({"version": "", "id": "", "before": "", "trial": [ONE, "0.2.0"]}),
    ],
)
def test_what_root_cannot_have_written_names_no_slot(place: Place, state: str) -> None:
    (place.slots / STATE_FILE).write_text(state)
    assert read_slots(place.slots) == Slots()


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"x" * 10_000])
def test_a_mark_that_is_none_does_no_harm(place: Place, mark: bytes) -> None:
    place.slot("0.2.0")
    write_slots(place.slots, Slots(trial=Trial(ONE, "0.2.0", 60)))
    place.marks.folder.mkdir()
    (place.marks.folder / PROVEN).write_bytes(mark)
    (place.marks.folder / BEGUN).symlink_to("/dev/zero")
    assert place.becomes() == said("0.2.0", ONE, ONE)


def test_a_mark_elsewhere_is_no_mark(place: Place) -> None:
    place.marks.write("elsewhere", ONE)
    (place.marks.folder / PROVEN).symlink_to("elsewhere")
    assert (place.marks.first("elsewhere"), place.marks.first(PROVEN)) == (ONE, "")
    link = place.slots / "marks"
    link.symlink_to(place.marks.folder)
    assert Marks(link).first("elsewhere") == ""


def test_it_needs_nothing_but_the_standard_library() -> None:
    names = "{name.partition('.')[0] for name in sys.modules} - {'__main__'}"
    program = f"import sys, board.slots.choose\nprint(*{names}, sep='\\n')"
    isolated = [sys.executable, "-S", "-c", program]
    loaded = set(subprocess.run(isolated, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert {"agent", "board"} <= loaded
    assert loaded - set(sys.stdlib_module_names) == {"agent", "board"}
