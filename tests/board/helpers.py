"""Pieces that several tests of the machine use."""

import ast
import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from board.virtual import environment


class AgentProcess:
    """A process that drives the lines of the board in `directory`.

    It runs `program`, which evaluates each line of its input and answers with one line, a Python literal.
    """

    def __init__(self, program: str, directory: Path, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, **environment(directory), **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, expression: str) -> Any:
        """Have `expression` evaluated; the next line that is heard."""
        assert self.process.stdin is not None
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> Any:
        """The next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the agent's process ended"
        return ast.literal_eval(line)

    def finish(self) -> str:
        """What it said on stderr, after it ended by itself at the end of its input."""
        return self.process.communicate(timeout=10)[1]

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.communicate(timeout=10)


def descriptors() -> set[str]:
    """The open descriptors of this process, with what they are open on."""
    kept = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the descriptor of the listing itself
            kept.add(f"{entry.name} {entry.readlink()}")
    return {one for one in kept if "/proc/" not in one}


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until `condition` holds: the chip has no event for what it hears."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)
