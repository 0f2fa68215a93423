"""Cuts an installation off at one of its requests: whoever asks, the hand, or the line between them is gone."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from provisioning.hand.requests import Request
from provisioning.install.line import Line
from provisioning.install.reach import Reach

# What of a request is over when it happens: it was sent, or it was answered.
SENT, ANSWERED = "sent", "answered"
# An answer to what was sent comes within this, or not before somebody taps a card.
_MOMENT_S = 0.03


class CutReach:
    """`reach`, where `act` happens at request `number` (from 1), when it is `moment`; `asked` are the requests."""

    def __init__(self, reach: Reach, number: int, moment: str, act: Callable[[], None]) -> None:
        self.reach = reach
        self.number = number
        self.moment = moment
        self.act = act
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """See `Reach.address`."""
        return self.reach.address

    @contextlib.asynccontextmanager
    async def hand(self) -> AsyncIterator[Line]:
        """See `Reach.hand`."""
        async with self.reach.hand() as line:
            plain = line.ask

            async def ask(request: Request) -> dict[str, Any]:
                self.asked.append(type(request).__name__)
                if len(self.asked) != self.number:
                    return await plain(request)
                if self.moment == SENT:
                    answering = asyncio.create_task(plain(request))
                    await asyncio.sleep(_MOMENT_S)
                    self.act()
                    return await answering
                answer = await plain(request)
                self.act()
                return answer

            line.ask = ask  # type: ignore[method-assign]
            yield line


def die() -> None:
    """This very process is gone, as when the power is."""
    os.kill(os.getpid(), signal.SIGKILL)


def sshd_above(process: int) -> int:
    """The sshd that carries the session in which `process` was started."""
    while process > 1:
        status = Path(f"/proc/{process}/stat").read_text()
        if "(sshd" in status:
            return process
        process = int(status.rpartition(")")[2].split()[1])
    raise AssertionError("no sshd above it")


def workers(root: Path, *, hand_alone: bool = False) -> list[int]:
    """The processes that work on the terminal at `root`: the hand, and its guard."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            words = _words(process)
            mine = "provisioning.hand" in words and str(root) in words
            if mine and "--recover" not in words and not (hand_alone and "--guard" in words):
                found.append(int(process.name))
    return found


def _words(process: Path) -> list[str]:
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        return [] if state == "Z" else (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []
