"""Takes releases and cuts the power before the n-th change to the disk: `python -m tests.update.cutting`.

Reads lines of root and number, and answers each with "cut", or "through" where it came to its end before.
"""

import os
import signal
import sys
from pathlib import Path

from provisioning.update.places import Places
from provisioning.update.take import take

_CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "subprocess.Popen")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Cut:
    """An audit hook (sys.addaudithook) that kills this process before the `number`-th change."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & _WRITES)
        if writes or event in _CHANGES:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def taken(root: Path, number: int) -> bool:
    """Whether the release was taken before the power was cut."""
    child = os.fork()
    if child == 0:
        sys.addaudithook(Cut(number))
        take(Places(root))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status == 0


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        root, number = line.rsplit(maxsplit=1)
        print("through" if taken(Path(root), int(number)) else "cut", flush=True)


if __name__ == "__main__":
    main()
