"""The rig: starts and stops the five processes of one counter, and says where each can be looked at."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from board.virtual import environment
from board.virtual.client import BoardClient
from provisioning.till import Till
from tools.acquirer.client import AcquirerControl
from tools.broker import free_port
from tools.brokers.nodes import Node
from tools.brokers.setup import Engine, write
from tools.errors import ToolError
from tools.fleet import told
from tools.fleet.rows import StoredEvent
from tools.fleet.store import Reader
from tools.rig import journal
from tools.rig.files import FLEET, SERIAL, RigFiles
from tools.rig.process import Process, ProcessError
from tools.rig.started import Started

_POLL_S = 0.01


class RigError(ToolError):
    """Something that was waited for did not happen in time."""


class Rig(Started):
    """One counter in `directory`, an empty folder with a short path (Unix sockets live in it).

    With an engine as `secure`, its link to the fleet is encrypted, with certificates of both sides; its broker may be
    of several `nodes` then. The backend has `workers`; from nats-server it takes events by its stream. The acquirer
    knows so many `terminals`.
    """

    def __init__(
        self, directory: Path, secure: Engine | None = None, nodes: int = 1, workers: int = 1, terminals: int = 1
    ) -> None:
        self.directory = directory
        self.secure = secure
        self.files = RigFiles(directory, terminals)
        self.board = BoardClient(self.files.board)
        self.acquirer = AcquirerControl(directory / "acquirer")
        self.workers = workers
        self._broker_ports = [0] * nodes
        self._events_ports = [0] * nodes
        self._acquirer_port = 0
        self.processes: dict[str, Process] = {}

    @property
    def agent(self) -> Process:
        """The agent's process."""
        return self.processes["agent"]

    @property
    def broker_folder(self) -> Path:
        """Where the broker's configuration, store and log are; of several nodes, a folder each in it."""
        return self.directory / "broker"

    @property
    def brokers(self) -> list[str]:
        """The names of the processes that are the broker's nodes."""
        return ["broker", *(f"broker-{number}" for number in range(2, len(self._broker_ports) + 1))]

    def node_folder(self, name: str) -> Path:
        """Where the configuration, store and log of the node `name` of the broker are."""
        number = self.brokers.index(name) + 1
        return self.broker_folder / f"node-{number}" if len(self.brokers) > 1 else self.broker_folder

    @property
    def till(self) -> Till:
        """A till at the agent's local API."""
        return Till(self.agent.ready["api"], self.files.token)

    def start(self) -> None:
        """Make the files, provision the terminal and start everything. Raises ProcessError."""
        self.start_desk()
        self._start("board", "board.virtual", ["--dir", str(self.files.board)])
        self.write_settings()
        self.install_binding()
        self.start_agent()

    def start_desk(self, *, blank: bool = False) -> None:
        """Make the files, and start all but the terminal: broker, backend and acquirer. Raises ProcessError.

        A `blank` terminal has no certificate yet.
        """
        self.files.create()
        if self.secure is not None:
            self.files.create_certificates(self._named_workers(), blank=blank)
            self._broker_ports = [free_port() for _ in self._broker_ports]
            self._events_ports = [free_port() for _ in self._broker_ports]
            ports = zip(self._broker_ports, self._events_ports, strict=True)
            nodes = [Node("127.0.0.1", port, free_port(), events) for port, events in ports]
            write(self.files.authority, self.broker_folder, self.secure, nodes)
        for name in self.brokers:
            self.start_broker(name)
        self.start_backend()
        self.start_acquirer()

    def stop(self) -> None:
        """End every process, the newest first."""
        for process in reversed(self.processes.values()):
            process.stop()
        self.processes.clear()

    def write_settings(self, **sections: dict[str, object]) -> None:
        """Write the terminal's settings for the processes as they are; see `RigFiles.write_settings`."""
        first, *others = self._broker_ports
        acquirer, broker = ("127.0.0.1", self._acquirer_port), ("127.0.0.1", first)
        link = {"others": [f"127.0.0.1:{port}" for port in others], **sections.pop("link", {})}
        self.files.write_settings(acquirer, broker, link=link, **sections)

    def install_binding(self) -> None:
        """Take the signed binding into the terminal's store. Raises ProcessError with what the agent says."""
        self._do_once("install", str(self.files.binding))

    def clear(self, why: str) -> None:
        """End what a technician may end; the agent must not run. Raises ProcessError with what it says."""
        self._do_once("clear", why)

    def run_agent(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the agent with `arguments` that make it do one thing and end, and return how it ended."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "board", "--settings", str(self.files.settings), *arguments],
            cwd=self.directory,
            env={**os.environ, **environment(self.files.board)},
            capture_output=True,
            text=True,
            check=False,
        )

    def start_broker(self, name: str = "broker") -> None:
        """Start the node `name` of the broker, on the same port and store as before."""
        number = self.brokers.index(name)
        arguments = ["--dir", str(self.node_folder(name)), "--port", str(self._broker_ports[number])]
        arguments += ["--events-port", str(self._events_ports[number])]
        if self.secure is not None:
            arguments.append("--configured")
        self._start(name, "tools.broker", arguments)
        self._broker_ports[number] = int(self.processes[name].ready["port"])
        self._events_ports[number] = int(self.processes[name].ready["events_port"])

    def start_backend(self) -> None:
        """Start the backend on its store."""
        arguments = ["ingest", "--dir", str(self.directory / "fleet"), "--fleet", FLEET]
        for key in self.files.backend_keys:
            arguments += ["--key", str(key)]
        for port in self._broker_ports:
            arguments += ["--broker", f"127.0.0.1:{port}"]
        if self.secure is not Engine.MOSQUITTO:
            for port in self._events_ports:
                arguments += ["--stream", f"127.0.0.1:{port}"]
        arguments += ["--workers", str(self.workers)]
        if self.secure is not None:
            certificate, own_key = map(str, self.files.backend_link)
            arguments += ["--ca-file", str(self.files.authority.servers_file)]
            arguments += ["--certificate-file", certificate, "--key-file", own_key]
            arguments += ["--authority", str(self.files.authority.directory)]
            for name in self.brokers:
                arguments += ["--broker-folder", str(self.node_folder(name))]
            for worker in range(1, self._named_workers() + 1):
                pair = self.files.worker_link(worker)
                arguments += ["--worker-certificate-file", str(pair.certificate)]
                arguments += ["--worker-key-file", str(pair.key)]
        self._start("backend", "tools.fleet", arguments)

    def _named_workers(self) -> int:
        """How many workers of the backend need a certificate of their own."""
        return self.workers if self.secure is Engine.MOSQUITTO and self.workers > 1 else 0

    def start_acquirer(self) -> None:
        """Start the acquirer simulator, on the same port and ledger as before."""
        folder = str(self.directory / "acquirer")
        arguments = ["--dir", folder, "--terminals", str(self.files.terminals), "--port", str(self._acquirer_port)]
        self._start("acquirer", "tools.acquirer", arguments)
        self._acquirer_port = int(self.processes["acquirer"].ready["port"])

    def start_agent(self, module: str = "board", *arguments: str, **variables: str) -> None:
        """Start the agent: `module` with the settings, further `arguments` and environment `variables`."""
        self.start_program("agent", module, ["--settings", str(self.files.settings), *arguments], variables)

    def start_program(self, name: str, module: str, arguments: list[str], variables: dict[str, str]) -> None:
        """Start `module` on the virtual board, as the process `name`."""
        self._start(name, module, arguments, {**environment(self.files.board), **variables})

    def journal(self, after: int = 0) -> list[journal.JournalEntry]:
        """The terminal's journal, read from its disk."""
        return journal.entries(self.files.journal_file, after)

    def reader(self) -> Reader:
        """Looks into the backend's store; whoever has it closes it."""
        return Reader(self.directory / "fleet")

    def stored_events(self) -> list[StoredEvent]:
        """The terminal's events in the backend's store."""
        with closing(self.reader()) as reader:
            return reader.events(SERIAL)

    def alarms(self) -> list[str]:
        """The kinds of alarm about the terminal that are open, without those of which it told itself in an event."""
        with closing(self.reader()) as reader:
            found = [alarm.kind for alarm in reader.alarms(SERIAL) if alarm.cleared_at is None]
        return [kind for kind in found if kind not in told.KINDS]

    def wait_until(self, holds: Callable[[], bool], what: str, timeout_s: float = 15.0) -> None:
        """Wait until `holds()`. Raises RigError naming `what` when the time is over."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            if time.monotonic() > deadline:
                raise RigError(f"waited {timeout_s:.0f} s in vain: {what}")
            time.sleep(_POLL_S)

    def wait_until_stored(self, timeout_s: float = 20.0) -> None:
        """Wait until the backend's store holds the whole journal."""
        head = self.journal()[-1]
        self.wait_until(
            lambda: any(event.hash == head.hash for event in self.stored_events()),
            f"entry {head.sequence} of the journal in the backend",
            timeout_s,
        )

    def _do_once(self, what: str, value: str) -> None:
        done = self.run_agent(f"--{what}", value)
        if done.returncode:
            raise ProcessError(f"{what}: {done.stderr.strip()}")

    def _start(self, name: str, module: str, arguments: list[str], extra: dict[str, str] | None = None) -> None:
        process = self.processes[name] = Process(name, module, arguments, self.directory, extra)
        process.start()
