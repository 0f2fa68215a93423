"""A child process that is asked in lines and answers in JSON lines."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from tools.bench.errors import BenchError

_ENDED_WITHIN_S = 15.0


class Dialogue:
    """`python -m module arguments` with the variables `environment` added; `with` starts and ends it.

    Its standard error goes to `log`. It ends when its standard input does.
    """

    def __init__(self, module: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self._command = [sys.executable, "-P", "-m", module, *arguments]
        self._environment = {**os.environ, **environment}
        self._log = log

    def __enter__(self) -> "Dialogue":
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                cwd=self._log.parent,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._child.kill()
        self._child.communicate(timeout=_ENDED_WITHIN_S)

    def ask(self, line: str) -> Any:
        """Send `line` and return the answer. Raises BenchError."""
        self.tell(line)
        return self.hear()

    def tell(self, line: str) -> None:
        """Send `line` and do not wait. Raises BenchError when nobody is there."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(line + "\n")
            self._child.stdin.flush()
        except OSError as error:
            raise self._ended() from error

    def hear(self) -> Any:
        """The next answer. Raises BenchError when the child has ended."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line.endswith("\n"):
            raise self._ended()
        return json.loads(line)

    def _ended(self) -> BenchError:
        words = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        return BenchError("\n  ".join([f"{' '.join(self._command[3:])}: ended too early", *words]))
