"""What became of the last trial, as root sees it: a release that has proven itself is the one in force from then on."""

import time
from pathlib import Path

from agent.update.version import is_newer
from board.slots.marks import BEGUN, PROVEN, TOLD
from board.slots.state import Slots, read_slots, write_slots
from board.version import VERSION
from provisioning.update.places import Places
from provisioning.update.unpack import tidy

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def settle(places: Places) -> Slots:
    """Have the outcome of the last trial in what root says, and no slots but the last two. Raises OSError."""
    slots = read_slots(places.slots)
    trial, marks = slots.trial, places.marks
    if trial is None:
        return slots
    if marks.first(PROVEN) == trial.id:
        slots = Slots(trial.version, trial.id, slots.version)
    elif marks.first(TOLD) == trial.id:
        slots = slots._replace(trial=None)
    else:
        return slots
    write_slots(places.slots, slots)
    tidy(places.slots, {slots.version, slots.before})
    return slots


def in_force(slots: Slots) -> str:
    """The version of the release that the chooser starts: the package's own, or a later one that has proven itself."""
    return slots.version if is_newer(slots.version, VERSION) else VERSION


def is_under_way(places: Places, slots: Slots) -> bool:
    """Whether the trial may still run: begun in this boot, not longer ago than it may take, and its end not told."""
    begun = places.marks.read(BEGUN)
    if slots.trial is None or begun[:1] != [slots.trial.id] or len(begun) != 3 or not begun[2].isdigit():
        return False
    same_boot = begun[1] == _BOOT_ID.read_text().strip()
    return same_boot and time.monotonic() - int(begun[2]) < slots.trial.seconds
