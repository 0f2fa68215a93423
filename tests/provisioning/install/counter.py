"""A desk for the tests of a run, with blank terminals, and what they look like before and after an installation."""

import os
import stat
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from provisioning.hand.evidence import is_journal
from provisioning.hand.places import Places
from provisioning.install.attempt import Attempt
from provisioning.install.here import Here
from provisioning.install.installation import Installation
from provisioning.install.proof import read
from provisioning.install.reach import Reach
from provisioning.install.result import Failure, InstallationFailedError
from provisioning.install.steps import Person, Progress
from provisioning.install.work import Order
from tests.provisioning.install.cut import workers
from tools.broker import free_port
from tools.desk import desk
from tools.rig.practice import Practice
from tools.rig.virtual_terminal import VirtualTerminal

CARD = "unionpay"
# Not of an installation: what the machine itself makes, and its devices.
_APART = ("run", "dev", "proc", "sys")

Tree = dict[str, tuple[str, int, bytes]]
"""Each path below a root: what it is, its mode, and a file's content or a link's target."""


class Counter:
    """The blank terminal number `number` of `practice`, switched on."""

    def __init__(self, practice: Practice, number: int) -> None:
        self.practice = practice
        self.number = number
        self.terminal: VirtualTerminal = practice.terminal(number)
        self.places = Places(self.terminal.root)
        self.binding = read(practice.binding(number))
        self.port = free_port()
        self.told: list[Progress] = []

    def installation(
        self, reach: Reach | None = None, person: Person | None = None, *, sale: bool = False, by_person: bool = False,
        desk_file: Path | None = None,
    ) -> Installation:  # fmt: skip
        """One that is about to begin."""
        settings = {"api": {"port": self.port}, "reader": {"card_timeout_ms": 3_000}}
        order = Order(signed=self.binding, technician="Wang", settings=settings, sale=sale, by_person=by_person)
        desk_file = desk_file or self.practice.desk_file
        return Installation(order, desk(desk_file), reach or Here(self.terminal.root), person)

    async def run(self, installation: Attempt) -> list[Progress]:
        """Do it; what was told of it."""
        self.told = []
        async with aclosing(installation.run()) as told:
            async for progress in told:
                self.told.append(progress)
        return self.told

    async def fails(self, installation: Attempt) -> Failure:
        """Do it; how it failed, as it has to."""
        try:
            await self.run(installation)
        except InstallationFailedError as error:
            assert error.failure is installation.failure
            return error.failure
        raise AssertionError("it was installed")

    def tree(self, *, with_journal: bool = False) -> Tree:
        """All files of the terminal, without those of the machine; a journal is evidence, and may stay."""
        found: Tree = {}
        root = self.terminal.root
        for folder, names, files in os.walk(root):
            names[:] = [name for name in names if Path(folder) != root or name not in _APART]
            for name in [*names, *files]:
                path = Path(folder, name)
                if not is_journal(path) or with_journal:
                    found[str(path.relative_to(root))] = _what(path)
        if not with_journal and _holds_nothing_else(self.places.state_dir):
            found.pop("var/lib/jumpguard", None)
        return found

    def is_installed(self) -> bool:
        """Whether it is installed as a whole, runs, and will after a restart."""
        known = (self.places.settings, self.places.key, self.places.certificate, self.places.token)
        said = self.terminal.systemctl("show", "jumpguard.service")
        return (
            all(path.exists() for path in known)
            and "UnitFileState=enabled" in said
            and "ActiveState=active" in said
            and not self.places.ledger.exists()
        )

    def at_rest(self) -> bool:
        """Whether nobody works on the terminal any more."""
        return not self.workers() and not self.places.ledger.exists()

    def workers(self, *, hand_alone: bool = False) -> list[int]:
        """The processes that work on this terminal: the hand, and its guard."""
        return workers(self.terminal.root, hand_alone=hand_alone)


def wait_until(holds: Callable[[], bool], what: str, within_s: float = 60) -> None:
    """Wait until `holds()`."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"waited {within_s:.0f} s in vain: {what}"
        time.sleep(0.02)


def _what(path: Path) -> tuple[str, int, bytes]:
    found = path.lstat()
    mode = stat.S_IMODE(found.st_mode)
    if path.is_symlink():
        return "link", mode, str(path.readlink()).encode()
    return ("folder", mode, b"") if path.is_dir() else ("file", mode, path.read_bytes())


def _holds_nothing_else(folder: Path) -> bool:
    return folder.is_dir() and all(is_journal(path) for path in folder.iterdir())
