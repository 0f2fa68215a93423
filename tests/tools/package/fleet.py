"""The fleet of a terminal in a fresh system: broker, backend and the repository of releases, on this machine."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from typer.testing import CliRunner

from board import private_file
from tools.cli.app import app
from tools.fleet.desk import Desk
from tools.fleet.reader import Reader
from tools.rig.files import FLEET, SERIAL
from tools.rig.process import Process


class Fleet:
    """In `directory`, an empty folder; the backend is started once its key is there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.repository = directory / "releases"
        self._keys = directory / "release-keys"
        self._store = directory / "fleet"
        arguments = ["--dir", str(directory / "broker"), "--port", "0", "--events-port", "0"]
        self._broker = Process("broker", "tools.broker", arguments, directory)
        self._backend: Process | None = None

    def __enter__(self) -> Self:
        self._broker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._backend, self._broker):
            if process is not None:
                process.stop()

    @property
    def broker_port(self) -> int:
        """Where terminals reach the broker, on loopback."""
        return int(self._broker.ready["port"])

    def start_backend(self, key: str) -> None:
        """Start the backend, which signs with `key`, the text of a key file."""
        file = self.directory / "backend.key"
        private_file.create(file, key.encode())
        arguments = ["ingest", "--dir", str(self._store), "--fleet", FLEET, "--key", str(file)]
        arguments += ["--broker", f"127.0.0.1:{self.broker_port}"]
        arguments += ["--stream", f"127.0.0.1:{self._broker.ready['events_port']}"]
        self._backend = Process("backend", "tools.fleet", arguments, self.directory)
        self._backend.start()

    def begin_repository(self) -> str:
        """Make keys and an empty repository; the root of trust."""
        _done("release", "keys", str(self._keys))
        root = _done("release", "create", str(self.repository), "--keys", str(self._keys))
        return Path(root.strip()).read_text()

    def publish(self, package: Path) -> None:
        """Publish `package`."""
        _done("release", "add", str(self.repository), str(package), "--keys", str(self._keys))

    def order(self, version: str) -> None:
        """Order the terminal to take release `version`."""
        Desk(self._store).command(SERIAL, "update", {"version": version})

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the terminal's events of `kind`, as the backend has them."""
        entries = [json.loads(event.entry) for event in Reader(self._store).events(SERIAL)]
        return [entry["body"] for entry in entries if entry["kind"] == kind]

    @staticmethod
    def wait(holds: Callable[[], bool], what: str, timeout_s: float = 120) -> None:
        """Wait until `holds()`. Raises AssertionError naming `what` when the time is over."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, f"waited {timeout_s:.0f} s in vain: {what}"
            time.sleep(0.1)


def _done(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output
