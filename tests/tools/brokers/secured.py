"""A fleet of real certificates at a real broker of either engine, for tests."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.adapters.paho_link import PahoLink
from agent.adapters.system_clock import SystemClock
from board.identity import Identity, Pair
from board.link_tls import LinkTls
from provisioning.authority import Authority
from tools.broker import SecureBroker, free_port
from tools.brokers.nodes import Node
from tools.brokers.reload import Told, refresh
from tools.brokers.setup import Engine, write

FLEET = "demo"
PATIENCE_S = 10.0
# What each says when it has read its files again, or will before it does anything else.
_RELOADED = {Engine.NATS: "Reloaded server configuration", Engine.MOSQUITTO: "Reloading config."}
# Its mark is there, so the clock counts as set.
SET_CLOCK = SystemClock(Path("/"))


class SecuredFleet:
    """The authorities and one broker of `engine` in `directory`, whose path is short."""

    def __init__(self, directory: Path, engine: Engine) -> None:
        self.directory = directory
        self.engine = engine
        self.authority = Authority(directory / "ca")
        self.authority.create(FLEET)
        node = Node("localhost", free_port(), events_port=free_port())
        write(self.authority, directory / "broker", engine, [node])
        self.broker = SecureBroker(directory / "broker", node.port, node.events_port)

    def identity(self, terminal: str) -> Identity:
        """The identity of `terminal`, without a certificate yet."""
        state = self.directory / terminal
        state.mkdir(exist_ok=True)
        return Identity(FLEET, terminal, Pair(state / "device.crt", state / "device.key"), state)

    def enrolled(self, terminal: str) -> Identity:
        """The identity of `terminal`, with a certificate that the broker knows."""
        identity = self.identity(terminal)
        made = self.authority.issue_terminal(terminal, identity.enrolment_request())
        identity.first.certificate.write_bytes(made)
        self.refresh()
        return identity

    def broker_in(self, folder: Path, port: int) -> SecureBroker:
        """Another broker of the fleet, whose configuration is in `folder`."""
        return SecureBroker(folder, port)

    def backend(self, worker: int = 0) -> Pair:
        """The backend's pair, or that of its worker of that number."""
        pair = Pair(self.directory / f"backend-{worker}.crt", self.directory / f"backend-{worker}.key")
        if not pair.key.exists():
            key, certificate = self.authority.issue_backend(worker=worker)
            pair.key.touch(mode=0o600)
            pair.key.write_bytes(key)
            pair.certificate.write_bytes(certificate)
            self.refresh()
        return pair

    def refresh(self, *revoked: str) -> None:
        """Bring the broker up to date, and wait until it has read its files again."""
        before = self._reloads()
        if refresh(self.authority, self.broker.directory, revoked) is not Told.NOT_RUNNING:
            deadline = time.monotonic() + PATIENCE_S
            while self._reloads() == before:
                assert time.monotonic() < deadline, self.broker.log.read_text()
                time.sleep(0.01)

    def _reloads(self) -> int:
        log = self.broker.log.read_text() if self.broker.log.exists() else ""
        return log.count(_RELOADED[self.engine])

    def link(self, identity: Identity, client_id: str | None = None, **changes: object) -> PahoLink:
        """A terminal's real link with `identity`."""
        tls = LinkTls(self.authority.servers_file, identity, SET_CLOCK, 1)
        options = {
            "host": "localhost",
            "port": self.broker.port,
            "keepalive_s": 30,
            "connect_timeout_s": 5.0,
            **changes,
        }
        return PahoLink(client_id=client_id or identity.terminal, tls=tls, **options)  # type: ignore[arg-type]

    def backend_link(self, **changes: object) -> PahoLink:
        """The backend's certificate at a link whose topics are the test's."""
        return self.link(Identity(FLEET, "backend", self.backend(), self.directory), **changes)  # type: ignore[arg-type]

    def server_context(self, pair: Pair) -> ssl.SSLContext:
        """For a listener of the test that shows `pair`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        return context


def topic(terminal: str, name: str) -> str:
    return f"jumpguard/1/{FLEET}/{terminal}/{name}"


@asynccontextmanager
async def connected(link: PahoLink, *topics: str) -> AsyncIterator[PahoLink]:
    """`link`, connected and subscribed; a subscription that was just made known to a broker may be refused first."""
    state = topic(link.client_id, "state")
    await link.connect((state, b"lost"), list(topics) or [state])
    try:
        yield link
    finally:
        await link.disconnect()


async def heard_until(link: PahoLink, end: str) -> list[tuple[str, bytes]]:
    """Everything that comes down before the first message on the topic `end`."""
    heard: list[tuple[str, bytes]] = []
    async with asyncio.timeout(PATIENCE_S):
        while True:
            message = await link.receive()
            if message[0] == end:
                return heard
            heard.append(message)
