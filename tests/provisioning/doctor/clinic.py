"""A counter to examine: whole and running, with a service manager that says what a test wants it to say."""

import asyncio
import json
import shutil
import sys
import tomllib
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from board import virtual
from board.virtual import environment
from provisioning.doctor.examine import NAMES, examine
from provisioning.doctor.finding import Finding, Level
from provisioning.doctor.patient import Patient
from provisioning.doctor.service import SYSTEMCTL, UNIT
from provisioning.pi.apply import apply
from provisioning.pi.changes import changes
from provisioning.pi.models import Model
from tests.conftest import wait_until_prepared
from tests.provisioning.doctor import systemctl
from tests.provisioning.pi import tree
from tools.broker import free_port
from tools.brokers.setup import Engine
from tools.rig.rig import Rig

SILICON = Path(virtual.__file__).parent / "silicon"

Seen = dict[str, tuple[Level, str]]
"""What is not well: check -> how, and the code."""

_ABSENT = {"LoadState": "not-found", "UnitFileState": "", "ActiveState": "inactive"}
_QUIET = {"NRestarts": "0", "StatusText": "", "WatchdogUSec": "0", "MainPID": "0", "LimitCORE": "0"}


class Clinic:
    """The counter `rig`, and the doctor who looks at it. Its terminal's API is on a port that the settings name."""

    def __init__(self, directory: Path) -> None:
        self.rig = _ApiRig(directory, secure=Engine.NATS)
        self.root = directory / "root"
        self.units: dict[str, dict[str, str]] = {}

    def open(self, patch: pytest.MonkeyPatch) -> None:
        """Start the counter, with a service manager; this process reaches the lines of its board, as it does."""
        tree.make(self.root)
        apply(self.root, changes(self.root, Model.PI_4))
        program = self.root / SYSTEMCTL
        program.write_text(f"#!{sys.executable}\n{Path(systemctl.__file__).read_text()}")
        program.chmod(0o755)
        for name, value in environment(self.rig.files.board).items():
            patch.setenv(name, value)
        patch.syspath_prepend(SILICON)
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
            "MainPID": str(self.rig.agent.pid if self.rig.agent.alive else 0),
        }
        self.units[unit] = {**runs, **changes}
        told = json.dumps({"default": {**_ABSENT, **_QUIET}, **self.units})
        (self.root / SYSTEMCTL).with_name("units.json").write_text(told)

    def findings(self, settings: Path | None = None, only: Collection[str] = NAMES) -> dict[str, Finding]:
        """What each check of `only` finds."""

        async def examined() -> dict[str, Finding]:
            patient = Patient(settings or self.rig.files.settings, self.root)
            return {found.check: found async for found in examine(patient, only)}

        return asyncio.run(examined())

    def unwell(self, settings: Path | None = None, only: Collection[str] = NAMES) -> Seen:
        """The warnings and problems."""
        seen: Seen = {}
        for check, found in self.findings(settings, only).items():
            if found.level in (Level.WARNING, Level.PROBLEM):
                seen[check] = (found.level, found.code)
        return seen

    @contextmanager
    def copied(self, change: Callable[[Path], None]) -> Iterator[Path]:
        """Settings whose state is a copy, changed by `change`, of the running terminal's: as a power cut leaves it."""
        copy = Path(shutil.copytree(self.rig.files.state, self.rig.directory / "copy"))
        try:
            change(copy)
            with self.changed("terminal", state_dir=str(copy)) as path:
                yield path
        finally:
            shutil.rmtree(copy)

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
        try:
            yield path
        finally:
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
def meanwhile(do: Callable[[], object], undo: Callable[[], object]) -> Iterator[None]:
    """`do`, and in the end `undo`."""
    do()
    try:
        yield
    finally:
        undo()


def replaced(path: Path, content: bytes | None) -> AbstractContextManager[None]:
    """`path` holds `content` meanwhile, or is not there with None."""
    before, mode = path.read_bytes(), path.stat().st_mode

    def back() -> None:
        path.write_bytes(before)
        path.chmod(mode)

    return meanwhile(path.unlink if content is None else lambda: path.write_bytes(content), back)


def with_mode(path: Path, mode: int) -> AbstractContextManager[None]:
    """`path` has `mode` meanwhile."""
    before = path.stat().st_mode
    return meanwhile(lambda: path.chmod(mode), lambda: path.chmod(before))
