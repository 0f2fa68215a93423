"""The terminal's own word on requests and trials: small texts beside its state. The standard library only."""

import os
from pathlib import Path

from board import private_file

REQUEST = "request"
BEGUN = "begun"
REACHED = "reached"
PROVEN = "proven"
TOLD = "told"

_LONGEST = 256


class Marks:
    """Small texts in `folder`, which belongs to the terminal's user: whoever reads one takes it for anything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> list[str]:
        """The words of the mark, none where it is not there, or is no mark."""
        plainly = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            folder = os.open(self.folder, plainly | os.O_DIRECTORY)
            try:
                descriptor = os.open(name, plainly, dir_fd=folder)
            finally:
                os.close(folder)
            with os.fdopen(descriptor, "rb") as stream:
                return stream.read(_LONGEST).decode("ascii").split()
        except (OSError, UnicodeDecodeError):
            return []

    def first(self, name: str) -> str:
        """The first word of the mark, "" where there is none."""
        return next(iter(self.read(name)), "")

    def write(self, name: str, *words: str) -> None:
        """Set the mark, power cut or not. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_file.replace(self.folder / name, " ".join(words).encode("ascii") + b"\n")
