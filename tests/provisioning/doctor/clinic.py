"""A counter to examine: whole and running, with a service manager that says what a test wants it to say."""

import asyncio
import json
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from board.virtual import environment
from provisioning.doctor.examine import examine
from provisioning.doctor.finding import Finding, Level
from provisioning.doctor.patient import Patient
from provisioning.doctor.service import UNIT
from tests.conftest import wait_until_prepared
from tests.provisioning.doctor import systemctl
from tools.broker import free_port
from tools.brokers.setup import Engine
from tools.rig.rig import Rig

Seen = dict[str, tuple[Level, str]]
"""What is not well: check -> how, and the code."""

_ABSENT = {"LoadState": "not-found", "UnitFileState": "", "ActiveState": "inactive", "SubState": "dead"}
_QUIET = {"NRestarts": "0", "StatusText": "", "WatchdogUSec": "0", "MainPID": "0", "LimitCORE": "0"}


class Clinic:
    """The counter `rig`, and the doctor who looks at it. Its terminal's API is on a port that the settings name."""

    def __init__(self, directory: Path) -> None:
        self.rig = _ApiRig(directory, secure=Engine.NATS)
        self.programs = directory / "bin"
        self.units: dict[str, dict[str, str]] = {}

    def open(self, patch: pytest.MonkeyPatch) -> None:
        """Start the counter, and put the service manager in front of any other."""
        self.programs.mkdir()
        program = self.programs / "systemctl"
        program.write_text(f"#!{sys.executable}\n{Path(systemctl.__file__).read_text()}")
        program.chmod(0o755)
        patch.setenv("PATH", f"{self.programs}{os.pathsep}{os.environ['PATH']}")
        for name, value in environment(self.rig.files.board).items():
            patch.setenv(name, value)
        self.rig.start()
        wait_until_prepared(self.rig)
        self.rig.wait_until_stored()
        self.tell(UNIT)

    def tell(self, unit: str, **changes: str) -> None:
        """Have the manager say that `unit` is loaded and runs, but for `changes`."""
        runs = {
            **_QUIET,
            "LoadState": "loaded",
            "UnitFileState": "enabled",
            "ActiveState": "active",
            "SubState": "running",
            "StatusText": "ready",
            "WatchdogUSec": "30s",
            "MainPID": str(self.rig.agent.pid),
        }
        self.units[unit] = {**runs, **changes}
        told = json.dumps({"default": {**_ABSENT, **_QUIET}, **self.units})
        (self.programs / "units.json").write_text(told)

    def findings(self, settings: Path | None = None) -> dict[str, Finding]:
        """What each check finds."""

        async def examined() -> dict[str, Finding]:
            return {found.check: found async for found in examine(Patient(settings or self.rig.files.settings))}

        return asyncio.run(examined())

    def unwell(self, settings: Path | None = None) -> Seen:
        """The warnings and problems; of what is unknown each has another's name as its cause."""
        seen: Seen = {}
        for check, found in self.findings(settings).items():
            if found.level in (Level.WARNING, Level.PROBLEM):
                seen[check] = (found.level, found.code)
        return seen

    @contextmanager
    def changed(self, section: str, **keys: Any) -> Iterator[Path]:
        """A settings file with these keys, which the running terminal knows nothing of; None takes a key out."""
        whole = tomllib.loads(self.rig.files.settings.read_text())
        for name, value in keys.items():
            whole.setdefault(section, {})[name] = value
            if value is None:
                del whole[section][name]
        path = self.rig.directory / "other.toml"
        path.write_text(tomli_w.dumps(whole))
        yield path
        path.unlink()


class _ApiRig(Rig):
    """A rig whose terminal always has the same port for tills."""

    _port = 0

    def write_settings(self, **sections: dict[str, object]) -> None:
        """See `Rig.write_settings`."""
        self._port = self._port or free_port()
        api = {"port": self._port, **sections.pop("api", {})}
        super().write_settings(api=api, **sections)


@contextmanager
def replaced(path: Path, content: bytes | None) -> Iterator[None]:
    """`path` holds `content` meanwhile, or is not there with None."""
    before, mode = path.read_bytes(), path.stat().st_mode
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    yield
    path.write_bytes(before)
    path.chmod(mode)


@contextmanager
def with_mode(path: Path, mode: int) -> Iterator[None]:
    """`path` has `mode` meanwhile."""
    before = path.stat().st_mode
    path.chmod(mode)
    yield
    path.chmod(before)
