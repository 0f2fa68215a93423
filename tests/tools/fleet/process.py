"""The backend as the process that it is, and a tap on its way to the broker."""

import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from board.children import end_with
from tests.tools.fleet.publisher import FLEET
from tools.fleet.place import Place
from tools.fleet.store import Reader

READY_SECONDS = 40


class BackendProcess:
    """`jumpguard fleet ingest` on `directory`, with further `options`."""

    def __init__(self, directory: Path, port: int, key: Path, *options: str) -> None:
        self.directory = directory
        self.port = port
        self.key = key
        self.options = options
        self.process: subprocess.Popen[str] | None = None

    @property
    def log(self) -> Path:
        return self.directory.with_suffix(".log")

    def start(self, *ports: int) -> "BackendProcess":
        """See `launch`; wait until it says that it is subscribed."""
        self.launch(*ports)
        assert json.loads(self.first_line()) == {"store": str(Place(self.directory))}
        return self

    def launch(self, *ports: int) -> None:
        """Start it, on the way to the broker through `ports` if they are given."""
        command = [sys.executable, "-m", "tools.fleet", "ingest", "--dir", str(self.directory), "--fleet", FLEET]
        command += ["--key", str(self.key), *self.options]
        for port in ports or [self.port]:
            command += ["--broker", f"127.0.0.1:{port}"]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGTERM),
            )

    def first_line(self) -> str:
        """What it says when it is ready; empty when it ended instead."""
        assert self.process is not None
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], READY_SECONDS)[0], self.log.read_text()
        return self.process.stdout.readline()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def terminate(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.wait()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        assert self.process is not None
        status = self.process.wait(READY_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def reader(self) -> Reader:
        return Reader(self.directory)


class Tap:
    """Forwards one TCP connection to `port`; once `mute` is set, what the client sends goes nowhere."""

    def __init__(self, port: int) -> None:
        self.mute = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._target = port
        self._sockets: list[socket.socket] = []

    def start(self) -> "Tap":
        threading.Thread(target=self._forward, daemon=True).start()
        return self

    def stop(self) -> None:
        for each in (self._server, *self._sockets):
            each.close()

    def _forward(self) -> None:
        client, _ = self._server.accept()
        broker = socket.create_connection(("127.0.0.1", self._target))
        self._sockets += [client, broker]
        threading.Thread(target=self._pump, args=(broker, client, threading.Event()), daemon=True).start()
        self._pump(client, broker, self.mute)

    def _pump(self, source: socket.socket, target: socket.socket, mute: threading.Event) -> None:
        try:
            while data := source.recv(65536):
                if not mute.is_set():
                    target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side has gone, or the test has ended
