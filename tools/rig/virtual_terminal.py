"""A virtual terminal in a process of its own: switched on, its plug pulled, switched on again."""

import subprocess
from pathlib import Path

from board.virtual.client import BoardClient
from board.virtual.terminal import BOARD, ROOT
from tools.rig.process import Process


class VirtualTerminal:
    """The terminal in `folder`, blank at first, labelled `serial` or not at all; `root` is where its files are."""

    def __init__(self, folder: Path, serial: str = "") -> None:
        self.folder = folder
        self.root = folder / ROOT
        self.board = BoardClient(folder / BOARD)
        self._process = Process(
            "terminal",
            "board.virtual.terminal",
            ["--dir", str(folder), *(["--serial", serial] if serial else [])],
            folder,
        )

    def start(self) -> None:
        """Switch it on. Raises ProcessError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process.start()

    def stop(self) -> None:
        """Shut it down."""
        self._process.stop()

    def cut_power(self) -> None:
        """Pull its plug."""
        self._process.kill()

    def systemctl(self, *arguments: str) -> str:
        """What its `systemctl` says."""
        return subprocess.run(
            [str(self.root / "usr/bin/systemctl"), *arguments], capture_output=True, text=True, check=False
        ).stdout
