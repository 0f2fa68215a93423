"""A child process that says in one JSON line when it is ready, and ends with the process that started it."""

import functools
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from board.children import end_with
from tools.errors import ToolError

READY_WITHIN_S = 30.0
ENDED_WITHIN_S = 40.0
_LAST_LINES = 12


class ProcessError(ToolError):
    """A process did not come up, or ended when it should not have; the end of its log is in the message."""


class Process:
    """`python -m module arguments`, with its log in `directory`/`name`.log. `ready` is what its ready line said.

    The child is ended by the kernel when the thread that started it ends: start it from one that lives long enough.
    """

    def __init__(
        self, name: str, module: str, arguments: list[str], directory: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self.ready: dict[str, Any] = {}
        # -P: a folder of the working directory never passes for one of our packages.
        self._command = [sys.executable, "-P", "-m", module, *arguments]
        self._directory = directory
        self._environment = {**os.environ, **(environment or {})}
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        """Its process id; raises ProcessError when it was never started."""
        return self._started().pid

    def start(self) -> None:
        """Start it and wait for its ready line. Raises ProcessError."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the desk is for whoever runs the rig, not for its parts
                preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGTERM),
            )
        try:
            self.ready = self._ready_line(self._child)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it in good order and wait; harmless when it does not run. Raises ProcessError when it does not end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def wait(self, timeout_s: float = ENDED_WITHIN_S) -> int:
        """Wait until it ends by itself and return how; negative for a signal. Raises ProcessError."""
        child = self._started()
        try:
            return child.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ProcessError(f"{self.name}: still runs after {timeout_s:.0f} s{self._log_end()}") from error

    def _end(self, number: signal.Signals) -> None:
        if self._child is None:
            return
        if self._child.poll() is None:
            self._child.send_signal(number)
        self.wait()
        assert self._child.stdout is not None
        self._child.stdout.close()
        self._child = None

    def _ready_line(self, child: subprocess.Popen[bytes]) -> dict[str, Any]:
        assert child.stdout is not None
        deadline = time.monotonic() + READY_WITHIN_S
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
                raise ProcessError(f"{self.name}: not ready after {READY_WITHIN_S:.0f} s{self._log_end()}")
            piece = os.read(child.stdout.fileno(), 4096)
            if not piece:
                raise ProcessError(f"{self.name}: ended with {child.wait()} before it was ready{self._log_end()}")
            line += piece
        said = json.loads(line)
        assert isinstance(said, dict)
        return said

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise ProcessError(f"{self.name}: does not run")
        return self._child

    def _log_end(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        return "".join(f"\n  {line}" for line in lines)
