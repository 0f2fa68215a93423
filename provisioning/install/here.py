"""A terminal that is this very machine, or a tree on it: its hand is a process of ours."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from provisioning.errors import HandError
from provisioning.install.line import LOST, Line
from provisioning.install.reach import hand_command

# The hand puts back what is not done when its input ends: stopping the service alone may take as long as a sale.
_ENDED_WITHIN_S = 180.0
_LONGEST_LINE = 1 << 24


class Here:
    """Implements `provisioning.install.reach.Reach` for the files below `root` of this machine."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root.absolute()

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return str(self.root) if self.root != Path("/") else os.uname().nodename

    @contextlib.asynccontextmanager
    async def hand(self) -> AsyncIterator[Line]:
        """Start a hand, and end it when the block does. Raises HandError."""
        command = hand_command(self.root)
        pipe = asyncio.subprocess.PIPE
        try:
            child = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, limit=_LONGEST_LINE, cwd="/",
                start_new_session=True,  # a Ctrl-C is for whoever asks, not for the hand
            )  # fmt: skip
        except OSError as error:
            raise HandError("NO_SOFTWARE", f"{command[0]}: {error.strerror}") from error
        assert child.stdin is not None and child.stdout is not None
        line = Line(child.stdout, child.stdin)
        try:
            yield line
        finally:
            await line.end()
            child.stdin.close()
            try:
                await asyncio.wait_for(child.wait(), _ENDED_WITHIN_S)
            except TimeoutError:
                child.kill()
                raise HandError(LOST, "the hand did not end") from None
