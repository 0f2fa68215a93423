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
from board.slots.marks import BEGUN, PROVEN, Marks
from board.slots.state import Trial, read_slots
from board.version import VERSION

# What the release that is started finds in its environment.
SLOTS = "JUMPGUARD_SLOTS"
MARKS = "JUMPGUARD_MARKS"
TRIAL = "JUMPGUARD_TRIAL"

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
USAGE = "usage: python -m board.slots SLOTS MARKS [ARGUMENT OF python -m board]..."


def begin_trial(folder: Path, marks: Marks, package: str) -> Trial | None:
    """The trial that is due, None where none is; that it has begun is on disk then.

    Not begun is one that was, one of a release that is not newer than what it would follow, and one whose beginning
    cannot be written down.
    """
    slots = read_slots(folder)
    trial = slots.trial
    known = (marks.first(BEGUN), marks.first(PROVEN))
    if trial is None or trial.id in known or not all(is_newer(trial.version, one) for one in (slots.version, package)):
        return None
    try:
        marks.write(BEGUN, trial.id, _BOOT_ID.read_text().strip(), str(int(time.monotonic())))
    except OSError as error:
        print(f"jumpguard: release {trial.version} is not tried: {error}", file=sys.stderr)  # noqa: T201
        return None
    return trial


def in_force(folder: Path, marks: Marks) -> str:
    """The version of the slot that has proven itself last, "" where none has."""
    slots = read_slots(folder)
    proven = slots.trial is not None and marks.first(PROVEN) == slots.trial.id
    return slots.trial.version if slots.trial is not None and proven else slots.version


def start(folder: Path, marks: Marks, arguments: list[str]) -> NoReturn:
    """Become the release that is to run, with `arguments`. One that cannot even be started gives way to the next."""
    os.environ.update({SLOTS: str(folder), MARKS: str(marks.folder), TRIAL: ""})
    trial, proven = begin_trial(folder, marks, VERSION), in_force(folder, marks)
    if trial is not None:
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
