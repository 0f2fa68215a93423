"""Talks to a virtual board from another process: the command line, the demonstration and the tests use it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from board.errors import BoardError, BoardRefusedError, NoBoardError
from board.virtual.damage import Damage

Happening = dict[str, Any]

ANSWER_WITHIN_S = 15.0
ENDED_WITHIN_S = 10.0


class BoardClient:
    """The control socket of the virtual board in `directory`; every method is one request on its own connection.

    Each raises NoBoardError when no board answers there and BoardRefusedError when it refuses.
    """

    def __init__(self, directory: str | Path) -> None:
        self._directory = Path(directory)

    def tap(self, card: str, damage: Damage | None = None) -> None:
        """Hold the card of that name into the field, with one of its answers damaged where `damage` says so."""
        self._ask(do="tap", card=card, damage=msgspec.to_builtins(damage))

    def remove(self) -> None:
        """Take the card out of the field; fine when there is none."""
        self._ask(do="remove")

    def cards(self) -> list[dict[str, Any]]:
        """The cards at hand: `name`, and `brands`, the labels of its applications."""
        return list(self._ask(do="cards")["cards"])

    def press(self, button: str, ms: int = 300) -> None:
        """Press `cancel` or `help`, as long as a finger does; returns when it is up again."""
        self._ask(do="press", button=button, ms=ms)

    def tamper(self, state: str) -> None:
        """Make the case `open` or `closed`."""
        self._ask(do="tamper", state=state)

    def lines(self) -> dict[str, int]:
        """Level of every line, by the pin's name; a line with a wave on it shows what was written to it."""
        return dict(self._ask(do="lines")["lines"])

    def waves(self) -> dict[str, dict[str, float]]:
        """`frequency_hz` and `duty_percent` of every running wave, by the pin's name."""
        return dict(self._ask(do="lines")["pwm"])

    def history(self, since: int = 0, wait_ms: int = 0) -> list[Happening]:
        """What happened after number `since`; waits up to `wait_ms` when there is nothing yet."""
        return list(self._ask(do="history", since=since, wait_ms=wait_ms)["history"])

    def vitals(self, **values: float) -> None:
        """Change readings: temperature_c, throttled (bits), load1, mem_total_kib, mem_available_kib,
        wlan_signal_dbm (0: no radio)."""
        self._ask(do="vitals", **values)

    def chip(self, fault: str | None) -> None:
        """Make the NFC chip fail, or heal it with None."""
        self._ask(do="chip", fault=fault)

    def wait_for(self, wanted: Callable[[Happening], bool], since: int = 0, timeout_s: float = 10.0) -> Happening:
        """The first happening after `since` that is `wanted`. Raises BoardError when the time is over."""
        deadline = time.monotonic() + timeout_s
        seen = since
        while (left_s := deadline - time.monotonic()) > 0:
            for happening in self.history(seen, wait_ms=min(int(left_s * 1000) + 1, 1000)):
                seen = happening["n"]
                if wanted(happening):
                    return happening
        raise BoardError(
            f"virtual board {self._directory}: nothing of that kind in {timeout_s} s, {seen} happenings seen"
        )

    def _ask(self, **request: object) -> dict[str, Any]:
        path = self._directory / "control.sock"
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(ANSWER_WITHIN_S)
                connection.connect(str(path))
                connection.sendall(json.dumps(request).encode() + b"\n")
                line = connection.makefile("rb").readline()
            if not line.endswith(b"\n"):
                raise ConnectionResetError("it ended without an answer")
        except OSError as error:
            raise NoBoardError(
                f"no virtual board at {self._directory} ({error}): "
                f"start one with `jumpguard board serve --dir {self._directory}`"
            ) from error
        answer = json.loads(line)
        if not answer["ok"]:
            raise BoardRefusedError(f"virtual board {self._directory}: {answer['error']}")
        return dict(answer)


class BoardProcess:
    """A virtual board in a child process: `with BoardProcess(directory) as client: ...`.

    `paths` are the paths of its ready line; they are empty before `start`.
    """

    def __init__(self, directory: str | Path, *options: str) -> None:
        self._command = [sys.executable, "-m", "board.virtual", "--dir", str(directory), *options]
        self.client = BoardClient(directory)
        self.paths: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready. Raises BoardError with its own words when it is not."""
        # A file, not a pipe: nobody reads what a long-lived board says, and it must never wait for a reader.
        with tempfile.TemporaryFile("w+") as words:
            self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=words, text=True)
            assert self.process.stdout is not None
            ready = self.process.stdout.readline()
            if not ready:
                code = self.process.wait(ENDED_WITHIN_S)
                words.seek(0)
                raise BoardError(words.read().strip() or f"`{' '.join(self._command)}` ended with {code}")
        self.paths = json.loads(ready)

    def stop(self) -> None:
        """End it as systemd would and wait for it; harmless when it has ended."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would: nothing is tidied up."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        self.process.communicate(timeout=ENDED_WITHIN_S)

    def __enter__(self) -> BoardClient:
        self.start()
        return self.client

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
