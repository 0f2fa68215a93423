"""Revoking one of many terminals on one nats-server: how soon it is cut off, and what the others notice.

Who may come in stands in a file that the server reads anew. The alternative, if this took too long, would be a service
that the server asks about each connection. A terminal here is its encrypted connection alone.
"""

import asyncio
import ssl
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from board import private_file
from board.device_key import new_key, private_pem, signing_request
from board.identity import Pair
from board.tls import context
from provisioning.authority import Authority
from provisioning.mqtt_packets import ACCEPTED, connect
from provisioning.register import Client
from tools.bench.counter import Progress
from tools.bench.errors import BenchError
from tools.bench.figure import Figure, Target, percentile
from tools.bench.resident import resident_kib
from tools.broker import SecureBroker, free_port
from tools.brokers import nats
from tools.brokers.nodes import Node
from tools.brokers.reload import hang_up
from tools.brokers.setup import Engine, write
from tools.open_files import allow_files
from tools.rig.files import FLEET

TITLE = "Revoking one of many terminals on one nats-server, and how long another waits to get in meanwhile"
LISTED = 10_000
CONNECTED = 2_000
_AT_ONCE = 10
_KIB = 1024
_PATIENCE_S = 120.0
_RELOADED = b"Reloaded server configuration"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def measure(listed: int, connected: int, done: Progress) -> Figure:
    """List `listed` terminals, connect `connected` of them, and revoke the first."""
    allow_files(connected)
    with tempfile.TemporaryDirectory(prefix="jg-") as folder:
        fleet = _Fleet(Path(folder), connected)
        strangers = [
            Client(f"JG-FAR-{number:05d}", x509.random_serial_number()) for number in range(listed - connected)
        ]
        fleet.list([*fleet.authority.admitted(), *strangers])
        with fleet.broker:
            rows = asyncio.run(_revoke_one(fleet, strangers, done))
    counted = f"terminals listed, {connected:,} of them connected over TLS"
    notes = ["connected without subscriptions, of which a terminal has four (`jumpguard bench link`)"]
    return Figure("revoke", TITLE, "s, MiB", listed, counted, rows, Target("terminal cut off", 10.0), notes)


def steps(connected: int) -> int:
    """How much `measure` reports as done in all."""
    return connected


class _Fleet:
    """A broker, and terminals with a certificate each; they share a key, which no broker minds."""

    def __init__(self, folder: Path, connected: int) -> None:
        self.authority = Authority(folder / "ca")
        self.authority.create(FLEET)
        node = Node("localhost", free_port(), events_port=free_port())
        (self.folder,) = write(self.authority, folder / "broker", Engine.NATS, [node])
        self.broker = SecureBroker(self.folder, node.port, node.events_port)
        self._key = folder / "terminals.key"
        key = new_key()
        private_file.create(self._key, private_pem(key))
        self.names = [f"JG-NEAR-{number:05d}" for number in range(connected)]
        for name in self.names:
            request = signing_request(key, FLEET, name)
            self._certificate(name).write_bytes(self.authority.issue_terminal(name, request))

    def list(self, clients: Sequence[Client]) -> None:
        """Write who may come in."""
        private_file.replace(self.folder / nats.ACCESS, nats.access(FLEET, clients).encode())

    async def connect(self, name: str) -> Streams:
        """The connection of terminal `name`, accepted. Raises BenchError."""
        streams = await asyncio.open_connection("localhost", self.broker.port, ssl=self._context(name))
        streams[1].write(connect(name))
        if await streams[0].read(len(ACCEPTED)) != ACCEPTED:
            raise BenchError(f"revoke: {name} was not let in; see {self.broker.log}")
        return streams

    async def wait_for_reload(self, start: float) -> float:
        """How long after `start` the broker says that it has read everything."""
        while _RELOADED not in self.broker.log.read_bytes():  # noqa: ASYNC110 - it says so nowhere else
            await asyncio.sleep(0.01)
        return time.monotonic() - start

    def resident_mib(self) -> float:
        """The memory that the broker holds, which knows all that are listed."""
        return resident_kib(Path("/proc", str(self.broker.pid))) / _KIB

    def _context(self, name: str) -> ssl.SSLContext:
        return context(self.authority.servers_file, Pair(self._certificate(name), self._key))

    def _certificate(self, name: str) -> Path:
        return self._key.with_name(f"{name}.crt")


async def _revoke_one(fleet: _Fleet, strangers: list[Client], done: Progress) -> dict[str, dict[str, float]]:
    victim, *others = fleet.names
    before = fleet.resident_mib()
    gate, waits, streams = asyncio.Semaphore(_AT_ONCE), list[float](), dict[str, Streams]()

    async def one(name: str) -> None:
        async with gate:
            start = time.monotonic()
            streams[name] = await fleet.connect(name)
            waits.append(time.monotonic() - start)
            done(1)

    async with asyncio.timeout(_PATIENCE_S + len(fleet.names) / _AT_ONCE):
        await asyncio.gather(*(one(name) for name in fleet.names))
        with_all = fleet.resident_mib()
        over = asyncio.Event()
        knocking = asyncio.create_task(_knock(fleet, others[-1], over))
        start = time.monotonic()
        fleet.authority.revoke(victim)
        fleet.list([*fleet.authority.admitted(), *strangers])
        hang_up(fleet.folder)
        await streams[victim][0].read()
        cut = time.monotonic() - start
        reloaded = await fleet.wait_for_reload(start)
        over.set()
        meanwhile = await knocking
    lost = sum(streams[name][0].at_eof() for name in others[:-1])
    return {
        "revoking": {"terminal cut off": cut, "list read by the broker": reloaded, "others cut off": lost},
        "getting in": {"p50 before": percentile(waits, 50), "longest meanwhile": max(meanwhile)},
        "resident memory": {
            "before": before,
            "with all connected": with_all,
            "after the list was read": fleet.resident_mib(),
        },
    }


async def _knock(fleet: _Fleet, name: str, over: asyncio.Event) -> list[float]:
    """Connect again and again until it is `over`; how long each took, from the first attempt to being let in."""
    waits = []
    while not over.is_set():
        start = time.monotonic()
        while True:
            try:
                _, writer = await fleet.connect(name)
                break
            except (BenchError, OSError):
                await asyncio.sleep(0.01)  # cut off while it knocked: a terminal would try again, too
        writer.close()
        waits.append(time.monotonic() - start)
    return waits
