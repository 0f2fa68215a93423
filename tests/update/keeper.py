"""A counter whose agent the chooser starts, and what systemd does for it, so that a test leads it step by step."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from board.slots.marks import PROVEN, REQUEST
from board.slots.state import read_slots
from provisioning.update.places import Places
from tests.contract.heard_rig import HeardRig
from tests.update.publisher import Publisher
from tools.fleet.desk import Desk
from tools.fleet.reader import Reader
from tools.fleet.rows import Command
from tools.rig.files import SERIAL
from tools.rig.process import ProcessError

# Enough on a busy machine.
TRIAL_S = 30


class Keeper(HeardRig):
    """Starts the terminal again whenever it ends, and the update service when it is asked."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.places = Places(directory / "terminal")
        self.publisher = Publisher(directory)
        self.publisher.trusted_by(self.places)
        self.trial_s = TRIAL_S
        self._versions = 1
        self._served: list[str] = []

    def start_agent(self, module: str = "board", *arguments: str, **variables: str) -> None:
        """Start the release that the chooser chooses."""
        del arguments
        folders = (str(self.places.slots), str(self.places.marks.folder))
        self.start_program("agent", f"{module}.slots", [*folders, "--settings", str(self.files.settings)], variables)

    def look(self) -> None:
        """Do once what systemd does: the path unit, and Restart=always."""
        asked = self.places.marks.read(REQUEST) + self.places.marks.read(PROVEN)
        if asked != self._served:
            self._served = asked
            self.serve()
        if not self.agent.alive:
            with suppress(ProcessError):  # it ended before it was ready: the next look starts it again
                self.start_agent()

    def until(self, holds: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
        """Go on until `holds()`. Raises AssertionError naming `what` when the time is over."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, f"waited {timeout_s:.0f} s in vain: {what}"
            self.look()
            time.sleep(0.02)

    def serve(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """Run the update service once."""
        arguments = ["--root", str(self.places.root), "--trial-s", str(self.trial_s), *options]
        return subprocess.run(
            [sys.executable, "-P", "-m", "provisioning.update", *arguments],
            cwd=self.directory,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=True,
        )

    def next_version(self) -> str:
        """A version that was never published, later than all before."""
        self._versions += 1
        return f"0.{self._versions}.0"

    def order(self, version: str) -> str:
        """Order the release `version` at the desk; the command's id."""
        return Desk(self.directory / "fleet").command(SERIAL, "update", {"version": version})

    def command(self, name: str) -> Command:
        """What became of a command, as the backend knows it."""
        return next(each for each in self.reader().commands(SERIAL) if each.id == name)

    def reader(self) -> Reader:
        """The backend's store."""
        return Reader(self.directory / "fleet")

    def known_version(self) -> str:
        """The terminal's release, as the backend knows it."""
        (terminal,) = self.reader().terminals()
        return str(json.loads(terminal.info or "{}").get("software"))

    def running(self) -> str:
        """The release that wrote the latest start into the journal."""
        return str([entry for entry in self.journal() if entry.kind == "terminal.started"][-1].body["software"])

    def told(self, kind: str, version: str) -> list[dict[str, object]]:
        """The bodies of the entries of `kind` about `version`."""
        return [entry.body for entry in self.journal() if entry.kind == kind and entry.body["version"] == version]

    def ends(self, version: str) -> list[dict[str, object]]:
        """What was told of the end of the trial of `version`."""
        return self.told("update.failed", version) + self.told("update.committed", version)

    def starts(self, version: str) -> int:
        """How often the release `version` was started."""
        started = [entry for entry in self.journal() if entry.kind == "terminal.started"]
        return sum(entry.body["software"] == version for entry in started)

    def in_force(self) -> str:
        """The slot that is in force as root says, "" for the package's own release."""
        return read_slots(self.places.slots).version
