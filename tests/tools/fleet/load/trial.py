"""A broker, a backend that may be killed again and again, and the load between them, each a process of its own."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from board.children import end_with
from provisioning import keys
from provisioning.authority import Authority
from tests.tools.fleet.load.screen import Screen
from tests.tools.fleet.load.usage import Usage
from tools.broker import Broker, SecureBroker, free_port
from tools.brokers.nodes import Node
from tools.brokers.reload import refresh
from tools.brokers.setup import Engine, write
from tools.fleet.place import Place
from tools.rig.files import FLEET
from tools.rig.process import Process

_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many terminals come on line a second, say how many events a second for how long; how often who is killed.

    The broker is killed with the backend at the last of the `kills`.
    """

    terminals: int
    connects: float
    events: float
    seconds: float
    kills: int = 0
    kill_every_s: float = 60.0
    broker_killed: bool = False
    vitals_s: float = 60.0
    drain_s: float = 180.0


class Trial:
    """In `directory`, with TLS when `secured`, with an open page when `watched`, in `database` if one is named.

    `said` is what the load printed in the end, `code` its exit code.
    """

    def __init__(
        self, directory: Path, size: Size, secured: bool = False, watched: bool = False, database: str = ""
    ) -> None:
        self.directory = directory
        self.size = size
        self.said: dict[str, Any] = {}
        self.code = -1
        self.kills = 0
        self.seconds = 0.0
        self.usages = {name: Usage(name) for name in ("backend", "broker", "load", *(["pages"] if watched else []))}
        # Where the pages look for it, too.
        self.store = directory / "fleet"
        if database:
            Place(self.store).name_database(database)
        self._key = directory / "backend.json"
        keys.create(self._key, keys.BACKEND)
        self._authority = self._secured() if secured else None
        if self._authority is None:
            self._broker = Broker(directory / "broker")
        self.screen: Screen | None = None
        self._watched = watched

    def run(self) -> None:
        """Run the load to its end. Raises ProcessError, BrokerError."""
        with ExitStack() as stack:
            stack.enter_context(self._broker)
            backend = Process("backend", "tools.fleet", self._backend_arguments(), self.directory)
            stack.callback(backend.stop)
            backend.start()
            load = self._start_load()
            stack.callback(load.kill)
            if self._watched:
                self.screen = stack.enter_context(Screen(self.directory, self._broker.port))
            self._watch(load, backend)
            output, errors = load.communicate()
            self.code = load.returncode
            self.said = json.loads(output or "{}")
            assert self.said, errors

    def told(self) -> str:
        """What came of it, for people."""
        said, counts = self.said, self.said["counts"]
        lines = [
            f"{self.size.terminals:,} terminals, {counts['events']:,} events, {self.seconds:.0f} s, {self.kills} kills;"
            f" load average {os.getloadavg()[0]:.1f}",
            f"  acknowledged {counts['acknowledged']:,}, not {said['unacknowledged']}, wrong in the store"
            f" {len(said['store']['faults'])}; reconnects {counts.get('link: reconnected', 0):,}",
            f"  event to acknowledgement {said['event_to_ack']}",
            *(usage.told(self.seconds) for usage in self.usages.values()),
            *([] if self.screen is None else [self.screen.told()]),
        ]
        return "\n".join(lines)

    def _watch(self, load: "subprocess.Popen[str]", backend: Process) -> None:
        size, begin = self.size, time.monotonic()
        while load.poll() is None:
            if self.kills < size.kills and time.monotonic() >= begin + (self.kills + 1) * size.kill_every_s:
                self._kill(backend)
            for name, pid in (("backend", backend.pid), ("broker", self._broker.pid), ("load", load.pid)):
                self.usages[name].look(pid)
            if self.screen is not None:
                self.usages["pages"].look(self.screen.pid)
                self.screen.look()
            time.sleep(_LOOK_S)
        self.seconds = time.monotonic() - begin

    def _kill(self, backend: Process) -> None:
        self.kills += 1
        backend.kill()
        if self.size.broker_killed and self.kills == self.size.kills:
            self._broker.kill()
            self._broker.start()
        backend.start()

    def _secured(self) -> Authority:
        authority = Authority(self.directory / "ca")
        authority.create(FLEET)
        key, certificate = authority.issue_backend()
        (self.directory / "backend.key").touch(mode=0o600)
        (self.directory / "backend.key").write_bytes(key)
        (self.directory / "backend.crt").write_bytes(certificate)
        node = Node("localhost", free_port(), events_port=free_port())
        (folder,) = write(authority, self.directory / "broker", Engine.NATS, [node])
        refresh(authority, folder)
        self._broker = SecureBroker(folder, node.port, node.events_port)
        return authority

    def _backend_arguments(self) -> list[str]:
        arguments = ["ingest", "--dir", str(self.store), "--fleet", FLEET, "--key", str(self._key)]
        if self._authority is None:
            return [*arguments, "--broker", f"127.0.0.1:{self._broker.port}"]
        files = ["--ca-file", str(self._authority.servers_file)]
        files += ["--certificate-file", str(self.directory / "backend.crt")]
        files += ["--key-file", str(self.directory / "backend.key")]
        return [*arguments, "--broker", f"localhost:{self._broker.port}", *files]

    def _start_load(self) -> "subprocess.Popen[str]":
        size, host = self.size, "127.0.0.1" if self._authority is None else "localhost"
        options = {
            "--broker": f"{host}:{self._broker.port}",
            "--fleet": FLEET,
            "--terminals": size.terminals,
            "--connects-per-second": size.connects,
            "--events-per-second": size.events,
            "--minutes": size.seconds / 60,
            "--vitals-seconds": size.vitals_s,
            "--drain-seconds": size.drain_s,
            "--key": self._key,
            "--store": self.store,
        }
        if self._authority is not None:
            options |= {"--authority": self._authority.directory, "--certificates": self.directory / "devices"}
            options |= {"--broker-folder": self._broker.directory}
        command = [str(Path(sys.executable).with_name("jumpguard")), "fleet", "load", "--json"]
        for name, value in options.items():
            command += [name, str(value)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGKILL),
        )
