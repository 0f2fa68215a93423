"""The slots as the terminal that runs sees them."""

import os
import secrets
import signal
from pathlib import Path

from agent.errors import UpdateError
from agent.update.ports import Tried
from board.slots.choose import DECLINED, MARKS, SLOTS, TRIAL
from board.slots.marks import BEGUN, PROVEN, REACHED, REQUEST, TOLD, Marks
from board.slots.state import read_outcome, read_slots
from board.version import VERSION


class SlotFiles:
    """Implements `agent.update.ports.Slots` over what the chooser named; with `folder` None there are no slots."""

    def __init__(
        self, folder: Path | None = None, marks: Path = Path(), on_trial: str = "", declined: str = ""
    ) -> None:
        self.present = folder is not None
        self.version = VERSION
        self.on_trial = on_trial
        self.declined = declined
        self._folder = folder or Path(os.devnull)
        self._marks = Marks(marks)
        trial = read_slots(self._folder).trial
        self.trial_ms = trial.seconds * 1000 if trial is not None and trial.id == on_trial else 0

    def tried(self) -> Tried | None:
        """See `agent.update.ports.Slots.tried`."""
        slots = read_slots(self._folder)
        told = self._marks.first(TOLD)
        if slots.trial is None:
            return Tried(slots.id, slots.version, True, "", True, told == slots.id) if slots.id else None
        name, marks = slots.trial.id, self._marks
        reached = marks.read(REACHED)
        step = reached[1] if reached[:1] == [name] and len(reached) > 1 else ""
        begun, proven = marks.first(BEGUN) == name, marks.first(PROVEN) == name
        return Tried(name, slots.trial.version, begun, step, proven, told == name)

    def request(self, version: str) -> str:
        """See `agent.update.ports.Slots.request`."""
        name = secrets.token_hex(8)
        self.repeat(name, version)
        return name

    def repeat(self, request: str, version: str) -> None:
        """See `agent.update.ports.Slots.repeat`."""
        self._write(REQUEST, request, version)

    def outcome(self, request: str) -> tuple[str, str] | None:
        """See `agent.update.ports.Slots.outcome`."""
        found = read_outcome(self._folder)
        return (found.code, found.detail) if found is not None and found.id == request else None

    def reach(self, step: str) -> None:
        """See `agent.update.ports.Slots.reach`."""
        self._write(REACHED, self.on_trial, step)

    def prove(self) -> None:
        """See `agent.update.ports.Slots.prove`: the kernel does not end it at its deadline any more."""
        self._write(PROVEN, self.on_trial)
        signal.alarm(0)

    def tell(self, trial: str) -> None:
        """See `agent.update.ports.Slots.tell`."""
        self._write(TOLD, trial)

    def _write(self, name: str, *words: str) -> None:
        try:
            self._marks.write(name, *words)
        except OSError as error:
            raise UpdateError(f"{self._marks.folder / name}: cannot be written: {error.strerror}") from error


def slots_of_this_start() -> SlotFiles:
    """Those that the chooser which started this process named, if one did."""
    folder, marks = os.environ.get(SLOTS), os.environ.get(MARKS)
    if not folder or not marks:
        return SlotFiles()
    return SlotFiles(Path(folder), Path(marks), os.environ.get(TRIAL, ""), os.environ.get(DECLINED, ""))
