"""Has what is done to a terminal cut off at one of its requests, and looks what that leaves."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from provisioning.hand import evidence
from provisioning.install import result
from provisioning.install.attempt import Attempt
from provisioning.install.here import Here
from provisioning.install.over_ssh import OverSsh, address
from provisioning.install.reach import Reach
from provisioning.install.result import InstallationFailedError
from tests.provisioning.install.counter import Counter, wait_until
from tests.provisioning.install.cut import CutReach, sshd_above
from tests.provisioning.install.technician import __file__ as technician
from tools.rig.practice import Practice

ROOT = Path(technician).parents[3]
TECHNICIAN, HAND, LINE, BOTH = "technician", "hand", "line", "both"


class Cutting:
    """Cuts installations off on one terminal, and on the next when it was installed; `points` counts them."""

    what = "install"

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.points = 0
        self.installed = 0
        self.number = 0
        self.counter = self.next()

    def close(self) -> None:
        """Switch the terminal off."""
        self.counter.terminal.stop()

    def next(self) -> Counter:
        """Another terminal, switched on, as it is before."""
        self.number += 1
        counter = Counter(self.practice, self.number)
        counter.terminal.start()
        self.before = counter.tree()
        return counter

    async def meet(self, who: str, number: int, moment: str) -> bool:
        """Cut at request `number`; whether it came so far. The terminal is looked at in any case."""
        had_journal = self.counter.places.journal.exists()
        if who in (TECHNICIAN, BOTH):
            came = await self._kill_technician(number, moment, who)
        else:
            came = await self._cut(who, number, moment)
        self.look(f"{who} gone, request {number} {moment}", had_journal)
        self.points += came
        return came

    def look(self, what: str, had_journal: bool) -> None:
        """The terminal is as it was, or installed; a journal that is new met the fleet."""
        wait_until(self.counter.at_rest, f"{what}: somebody still works on it")
        if self.counter.tree() == self.before:
            journal = self.counter.places.journal
            if journal.exists() and not had_journal:
                assert not evidence.never_left(journal), what
            return
        assert self.counter.is_installed(), f"{what}: half installed"
        self.installed += 1
        self.counter.terminal.stop()
        self.counter = self.next()

    async def _kill_technician(self, number: int, moment: str, who: str) -> bool:
        counter = self.counter
        arguments = (counter.practice.desk_file, counter.practice.binding(counter.number), counter.terminal.root)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.provisioning.install.technician", self.what, *map(str, arguments),
            *map(str, (counter.port, number)), moment, who, cwd=ROOT, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, errors = await process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors.decode()
        return process.returncode != 0

    async def _cut(self, who: str, number: int, moment: str) -> bool:
        counter = self.counter
        reach: Reach = Here(counter.terminal.root)
        if who == LINE:
            sshd = self.practice.sshd
            assert sshd is not None
            known = self.practice.directory / "known_hosts"
            over = OverSsh(address(sshd.address), counter.terminal.root, [sshd.identity], known)
            if await over.unknown_host_key():
                over.trust(sshd.fingerprint)
            reach = over

        def act() -> None:
            wait_until(lambda: bool(counter.workers(hand_alone=True)), "the hand is there")
            (hand,) = counter.workers(hand_alone=True)
            os.kill(sshd_above(hand) if who == LINE else hand, signal.SIGKILL)

        cut = CutReach(reach, number, moment, act)
        good = self.certificates()
        try:
            await counter.run(self.attempt(cut))
        except InstallationFailedError as error:
            assert error.failure.code in ("LINE_LOST", "UNREACHABLE"), error
            if error.failure.terminal in (result.UNTOUCHED, result.AS_BEFORE, result.JOURNAL_KEPT):
                assert self.certificates() == good, "the certificate that was issued is not revoked"
        return len(cut.asked) >= number

    def attempt(self, reach: Reach) -> Attempt:
        """What is cut off."""
        return self.counter.installation(reach)

    def certificates(self) -> list[int]:
        """The numbers of the terminal's good certificates."""
        serial, admitted = self.counter.binding.document["serial"], self.practice.rig.files.authority.admitted()
        return [client.serial for client in admitted if client.name == serial]
