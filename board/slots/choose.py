"""The chooser: starts the release that is to run. It is always the package's own, and needs the standard library only.

A trial is begun once: that is on disk before its first instruction. The kernel ends it at its deadline (alarm(2), which
outlives exec) unless it has proven itself by then. Whatever ends it, the next start finds that it was begun and not
proven, and chooses the release before.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from agent.update.version import is_newer
from board.slots.marks import BEGUN, PROVEN, TOLD, Marks
from board.slots.state import Slots, Trial, read_slots
from board.version import VERSION

# What the release that is started finds in its environment.
SLOTS = "JUMPGUARD_SLOTS"
MARKS = "JUMPGUARD_MARKS"
TRIAL = "JUMPGUARD_TRIAL"
# The trial that was due and is not begun, so that the fleet hears of it.
DECLINED = "JUMPGUARD_DECLINED"

# systemd's name for the folder that lives as long as the service does; in it, the file by which the unit knows a trial.
_RUNTIME = "RUNTIME_DIRECTORY"
ON_TRIAL = "on-trial"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
USAGE = "usage: python -m board.slots SLOTS MARKS [ARGUMENT OF python -m board]..."


def due_trial(slots: Slots, marks: Marks) -> Trial | None:
    """The trial that was neither begun nor given up, None where there is none."""
    known = [marks.first(name) for name in (BEGUN, PROVEN, TOLD)]
    return slots.trial if slots.trial is not None and slots.trial.id not in known else None


def begin_trial(trial: Trial, slots: Slots, marks: Marks, package: str) -> bool:
    """Begin `trial`; that it has begun is on disk then.

    Not begun is one of a release that is not newer than what it would follow, and one whose beginning cannot be
    written down.
    """
    if not all(is_newer(trial.version, one) for one in (slots.version, package)):
        return False
    try:
        if runtime := os.environ.get(_RUNTIME):
            Path(runtime, ON_TRIAL).touch()
        marks.write(BEGUN, trial.id, _BOOT_ID.read_text().strip(), str(int(time.monotonic())))
    except OSError as error:
        print(f"jumpguard: release {trial.version} is not tried: {error}", file=sys.stderr)  # noqa: T201
        return False
    return True


def in_force(slots: Slots, marks: Marks) -> str:
    """The version of the slot that has proven itself last, "" where none has."""
    proven = slots.trial is not None and marks.first(PROVEN) == slots.trial.id
    return slots.trial.version if slots.trial is not None and proven else slots.version


def start(folder: Path, marks: Marks, arguments: list[str]) -> NoReturn:
    """Become the release that is to run, with `arguments`. One that cannot even be started gives way to the next."""
    os.environ.update({SLOTS: str(folder), MARKS: str(marks.folder), TRIAL: "", DECLINED: ""})
    slots = read_slots(folder)
    trial, proven = due_trial(slots, marks), in_force(slots, marks)
    if trial is not None and not begin_trial(trial, slots, marks, VERSION):
        os.environ[DECLINED] = trial.id
    elif trial is not None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(trial.seconds)
        _become(folder / trial.version, arguments, trial.id)
        signal.alarm(0)
    if is_newer(proven, VERSION):
        _become(folder / proven, arguments)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "board", *arguments])  # noqa: S606 - no shell


def _become(home: Path, arguments: list[str], trial: str = "") -> None:
    """Return only when it cannot be started."""
    python = str(home / "bin" / "python")
    try:
        os.execve(python, [python, "-P", "-m", "board", *arguments], {**os.environ, TRIAL: trial})  # noqa: S606
    except OSError as error:
        print(f"jumpguard: {python} cannot be started: {error}", file=sys.stderr)  # noqa: T201


def main(arguments: list[str]) -> NoReturn:
    """Start the release that is to run by what lies in the two folders that `arguments` begin with."""
    if len(arguments) < 2:
        sys.exit(USAGE)
    start(Path(arguments[0]), Marks(Path(arguments[1])), arguments[2:])
