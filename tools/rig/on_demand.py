"""Virtual terminals that are on only while somebody works on them: hundreds at once would need tens of gigabytes.

Whoever logs in by SSH for the hand of a terminal finds it switched on, and it is shut down behind the last one.
"""

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from tools.rig.virtual_terminal import VirtualTerminal

# What is asked ends in the root folder of the terminal that it is for (`provisioning.install.reach.hand_command`).
_SCRIPT = """#!/bin/sh
root=${{SSH_ORIGINAL_COMMAND##*--root }}
answer=$(mktemp -u {folder}/answer-XXXXXX)
mkfifo "$answer"
echo "on $root $answer" 1<> {requests}
read said < "$answer"
rm "$answer"
sh -c "$SSH_ORIGINAL_COMMAND"
code=$?
echo "off $root" 1<> {requests}
exit $code
"""


class OnDemand:
    """Switches `terminals` on and off; `script` is what sshd is to run for each login (ForceCommand)."""

    def __init__(self, folder: Path, terminals: list[VirtualTerminal], workers: int = 8) -> None:
        self.folder = folder
        self.script = folder / "login"
        self.most = 0
        self._requests = folder / "requests"
        self._terminals = {str(terminal.root): terminal for terminal in terminals}
        self._locks = {root: threading.Lock() for root in self._terminals}
        self._logins: Counter[str] = Counter()
        self._workers = workers
        self._reading: threading.Thread | None = None

    @property
    def logins(self) -> int:
        """How many are logged in."""
        return self._logins.total()

    def start(self) -> None:
        """Be ready for logins."""
        self.folder.mkdir(parents=True, exist_ok=True)
        os.mkfifo(self._requests)
        self.script.write_text(_SCRIPT.format(folder=self.folder, requests=self._requests))
        self.script.chmod(0o755)
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def stop(self) -> None:
        """Shut every terminal down."""
        if self._reading is not None:
            with self._requests.open("w") as requests:
                requests.write("end\n")
            self._reading.join()
            self._reading = None
            for answer in self.folder.glob("answer-*"):
                self._turn_away(answer)

    def _read(self) -> None:
        # The kernel ends a terminal with the thread that started it: these live as long as this one.
        # For writing, too: the file does not end when nobody writes to it.
        descriptor = os.open(self._requests, os.O_RDWR)
        with ThreadPoolExecutor(self._workers) as pool, os.fdopen(descriptor) as requests:
            for line in requests:
                word, *rest = line.split()
                if word == "end":
                    break
                if word == "on":
                    pool.submit(self._on, *rest)
                else:
                    pool.submit(self._off, *rest)
            for terminal in self._terminals.values():
                pool.submit(terminal.stop)

    def _turn_away(self, answer: Path) -> None:
        """Whoever logged in too late finds the terminal off."""
        with suppress(OSError):
            descriptor = os.open(answer, os.O_WRONLY | os.O_NONBLOCK)
            os.write(descriptor, b"off\n")
            os.close(descriptor)

    def _on(self, root: str, answer: str) -> None:
        with self._locks[root]:
            self._logins[root] += 1
            if self._logins[root] == 1:
                self._terminals[root].start()
                self.most = max(self.most, sum(count > 0 for count in self._logins.values()))
        Path(answer).write_text("on\n")

    def _off(self, root: str) -> None:
        with self._locks[root]:
            self._logins[root] -= 1
            if not self._logins[root]:
                self._terminals[root].stop()
