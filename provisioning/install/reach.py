"""How a terminal is reached: something that starts a hand on it."""

import shlex
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from provisioning.hand.places import Places
from provisioning.install.line import Line


class Reach(Protocol):
    """One terminal, as far away as it may be."""

    @property
    def address(self) -> str:
        """Where it is, for people."""

    def hand(self) -> AbstractAsyncContextManager[Line]:
        """Start a hand on it, and end it when the block does. Raises HandError or InstallError."""


def hand_command(root: Path) -> list[str]:
    """What starts the hand on a terminal whose files lie below `root`."""
    return [str(Places(root).python), "-P", "-m", "provisioning.hand", "--root", str(root)]


def in_a_shell(command: list[str]) -> str:
    """`command` for a shell, each word whatever is in it."""
    return shlex.join(command)
