"""A person at a terminal: reads what a command says on a real pseudo-terminal and types what a person would."""

import os
import re
import signal
import sys
from pathlib import Path
from types import TracebackType

import pexpect

ROOT = Path(__file__).parents[2]
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PATIENCE_S = 30


def _heeds_its_keys() -> None:
    """In the child: Ctrl-C and a closed window count, though whoever runs the tests may have them ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Person:
    """Runs `jumpguard` with `arguments` in `folder`; everything that was on the screen is in `screen`."""

    def __init__(
        self, folder: Path, *arguments: str, language: str = "en", locale: str = "C.UTF-8", **environment: str
    ) -> None:
        program = "from tools.cli.app import main; main()"
        self._command = [sys.executable, "-c", program, *arguments, "--language", language]
        self._environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": locale, "TERM": "xterm", "COLUMNS": "140", **environment
        }  # fmt: skip
        self._folder = folder
        self.screen = ""

    def __enter__(self) -> "Person":
        """Start the command."""
        self._child = pexpect.spawn(
            self._command[0], self._command[1:], cwd=str(self._folder), env=self._environment, encoding="utf-8",
            dimensions=(50, 140), timeout=_PATIENCE_S, preexec_fn=_heeds_its_keys,
        )  # fmt: skip
        self._child.delaybeforesend = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, whatever it does."""
        self._child.close(force=True)

    def reads(self, text: str) -> None:
        """Wait until `text` stands on the screen."""
        try:
            self._child.expect_exact(text)
        except pexpect.ExceptionPexpect as error:
            self.screen += _COLOURS.sub("", str(self._child.before))
            raise AssertionError(f"{text!r} was not read; the screen:\n{self.screen}") from error
        self.screen += _COLOURS.sub("", f"{self._child.before}{self._child.after}")

    def types(self, text: str) -> None:
        """Type a line."""
        self._child.sendline(text)

    def answers(self, question: str, text: str) -> None:
        """Read `question` and the prompt under it, and type the answer."""
        self.reads(question)
        self.reads("> ")
        self.types(text)

    def interrupts(self) -> None:
        """Press Ctrl-C."""
        self._child.sendintr()

    def closes_the_window(self) -> int:
        """Close it; what runs in it is sent SIGHUP. The exit code."""
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), self._child.child_fd)
        return int(self._child.wait())

    def falls_silent(self) -> None:
        """Is gone all at once, as when the power is."""
        self._child.kill(signal.SIGKILL)
        self._child.wait()

    def leaves(self) -> int:
        """Wait for the end; the exit code."""
        self._child.expect(pexpect.EOF)
        self.screen += _COLOURS.sub("", str(self._child.before))
        self._child.close()
        assert self._child.exitstatus is not None, "killed by a signal"
        return self._child.exitstatus
