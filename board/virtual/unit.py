"""One service of the virtual terminal: started, watched and ended as its unit file says (systemd.service(5))."""

import asyncio
import contextlib
import functools
import os
import re
import shlex
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

from board.children import end_with
from board.virtual.tree import RUN, UNITS, WANTED

_SPANS = {"": 1.0, "s": 1.0, "ms": 0.001, "min": 60.0}
_SPAN = re.compile(r"(\d+)(ms|s|min|)")
_LOG = "run/log"
_DEFAULT_STOP = "90s"


class UnitError(Exception):
    """A unit is not there, or did not come up; for people."""


class UnitFile:
    """What a unit file says: each key's lines, in order."""

    def __init__(self, path: Path) -> None:
        self.lines: dict[str, list[str]] = {}
        for line in path.read_text().splitlines():
            key, found, value = line.partition("=")
            if found and not line.startswith("#"):
                self.lines.setdefault(key, []).append(value.strip())

    def last(self, key: str, default: str = "") -> str:
        """The value that counts for `key`."""
        return self.lines.get(key, [default])[-1]

    def seconds(self, key: str, default: str) -> float:
        """A span of time such as `5min`."""
        found = _SPAN.fullmatch(self.last(key, default))
        if found is None:
            raise UnitError(f"{key}={self.last(key)}: no span of time that is understood here")
        return float(found[1]) * _SPANS[found[2]]


class Service:
    """The unit `name` in the tree at `root`."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self.active = "inactive"
        self.result = "success"
        self.status = ""
        self.main: asyncio.subprocess.Process | None = None
        self.restarts = 0
        self._life: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._alive = asyncio.Event()
        self._wanted = root / WANTED / name

    @property
    def file(self) -> Path:
        """The unit file."""
        return self.root / UNITS / self.name

    @property
    def enabled(self) -> bool:
        """Whether it starts with the machine."""
        return self._wanted.is_symlink()

    def enable(self, wanted: bool) -> None:
        """Have it start with the machine, or not."""
        if wanted and not self.enabled:
            self._wanted.symlink_to(Path("/") / UNITS / self.name)
        elif not wanted:
            self._wanted.unlink(missing_ok=True)

    def properties(self) -> Iterator[tuple[str, str]]:
        """What `systemctl show` prints."""
        loaded = self.file.exists()
        yield "LoadState", "loaded" if loaded else "not-found"
        yield "UnitFileState", ("enabled" if self.enabled else "disabled") if loaded else ""
        yield "ActiveState", self.active
        yield "StatusText", self.status
        yield "Result", self.result
        yield "MainPID", str(self.main.pid if self.main else 0)
        yield "NRestarts", str(self.restarts)

    async def start(self) -> None:
        """Start it, and return once it is ready. Raises UnitError when it ends before that, or takes too long."""
        if not self.file.exists():
            raise UnitError(f"Unit {self.name} not found.")
        if self._life is None or self._life.done():
            self._settled.clear()
            self.result, self.status, self.restarts = "success", "", 0
            self._life = asyncio.create_task(self._live(UnitFile(self.file)))
        await self._settled.wait()
        if self.active != "active":
            raise UnitError(f"Job for {self.name} failed because of {self.result}.")

    async def stop(self) -> None:
        """End it, and return once it has ended."""
        life, self._life = self._life, None
        if life is not None:
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life
        self.active = "inactive" if self.active != "failed" else "failed"

    async def _live(self, unit: UnitFile) -> None:
        try:
            while True:
                code = await self._run(unit)
                if code in unit.last("RestartPreventExitStatus").split() or unit.last("Restart") != "always":
                    self.active = "failed" if code != "0" else "inactive"
                    return
                self.active = "activating"
                # Who started it hears of the first failure; the service manager goes on trying.
                self._settled.set()
                self.restarts += 1
                await asyncio.sleep(unit.seconds("RestartSec", "100ms"))
        except (UnitError, OSError) as error:
            self.active, self.result, self.status = "failed", "resources", str(error)
        finally:
            self._settled.set()

    async def _run(self, unit: UnitFile) -> str:
        """One run from its start to its end; how it ended."""
        self.active = "activating"
        for line in unit.lines.get("ExecStartPre", []):
            before = await self._spawn(line, unit, {})
            if await before.wait():
                self.result = "exit-code"
                return str(before.returncode)
        with self._notified() as address:
            watchdog_s = unit.seconds("WatchdogSec", "0")
            variables = {"NOTIFY_SOCKET": address}
            if watchdog_s:
                variables["WATCHDOG_USEC"] = str(int(watchdog_s * 1_000_000))
            self.main = await self._spawn(unit.last("ExecStart"), unit, variables)
            watching = asyncio.create_task(self._watch(watchdog_s)) if watchdog_s else None
            try:
                code = await self.main.wait()
            except asyncio.CancelledError:
                self.active = "deactivating"
                await self._end(unit.seconds("TimeoutStopSec", _DEFAULT_STOP))
                raise
            finally:
                self.main = None
                if watching:
                    watching.cancel()
        self.result = "success" if code == 0 else "exit-code" if code > 0 else "signal"
        return str(code)

    async def _watch(self, watchdog_s: float) -> None:
        """End a service that does not say that it is alive any more, once it was ready."""
        await self._settled.wait()
        while self.main is not None:
            self._alive.clear()
            try:
                await asyncio.wait_for(self._alive.wait(), watchdog_s)
            except TimeoutError:
                self.main.send_signal(signal.SIGABRT)
                return

    async def _end(self, within_s: float) -> None:
        assert self.main is not None
        with contextlib.suppress(ProcessLookupError):
            self.main.terminate()
        try:
            await asyncio.wait_for(self.main.wait(), within_s)
        except TimeoutError:
            self.main.kill()
            await self.main.wait()

    async def _spawn(self, line: str, unit: UnitFile, variables: dict[str, str]) -> asyncio.subprocess.Process:
        """Start the program of `line`; every path in it is one of this tree."""
        words = shlex.split(line.lstrip("+-@!"))
        command = [str(self.root / word[1:]) if word.startswith("/") else word for word in words]
        if "--recover" in command:
            command += ["--root", str(self.root)]
        folder = self.root / "run" / (unit.last("RuntimeDirectory") or "systemd")
        folder.mkdir(mode=0o700, exist_ok=True)
        (self.root / _LOG).mkdir(exist_ok=True)
        with (self.root / _LOG / f"{self.name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command, cwd=folder, env={**os.environ, **variables}, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
                preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGKILL),
            )  # fmt: skip

    @contextlib.contextmanager
    def _notified(self) -> Iterator[str]:
        """Where the service says how it is (sd_notify(3))."""
        path = self.root / RUN / "notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
            listening.bind(str(path))
            listening.setblocking(False)
            loop = asyncio.get_running_loop()
            loop.add_reader(listening, self._hear, listening)
            try:
                yield str(path)
            finally:
                loop.remove_reader(listening)
                path.unlink(missing_ok=True)

    def _hear(self, listening: socket.socket) -> None:
        for line in listening.recv(4096).decode(errors="replace").splitlines():
            key, _, value = line.partition("=")
            if key == "STATUS":
                self.status = value
            elif key == "READY":
                self.active = "active"
                self._settled.set()
            elif key == "WATCHDOG":
                self._alive.set()
