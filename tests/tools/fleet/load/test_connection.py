"""A made-up terminal's connection at each of the brokers, over TLS, and at one that is silent."""

import asyncio
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from provisioning.mqtt_packets import connect
from tests.tools.brokers.secured import SecuredFleet
from tools.brokers.reload import refresh
from tools.brokers.setup import Engine
from tools.fleet.load.certificates import Certificates
from tools.fleet.load.connection import Connection
from tools.rig.files import FLEET

PATIENCE_S = 15.0
Told = TypeVar("Told")
NAMES = [f"JG-LOAD-{number:05d}" for number in range(1, 4)]


class Peer:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.is_up, self.is_down = asyncio.Event(), asyncio.Event()
        self.messages: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.confirmations: asyncio.Queue[int] = asyncio.Queue()
        self.why = ""

    def up(self) -> None:
        self.is_up.set()

    def heard(self, topic: str, payload: bytes) -> None:
        self.messages.put_nowait((topic, payload))

    def confirmed(self, packet_id: int) -> None:
        self.confirmations.put_nowait(packet_id)

    def down(self, connection: Connection, why: str) -> None:
        self.why = why
        self.is_down.set()


class Place:
    """A fleet's broker, with certificates of three terminals."""

    def __init__(self, fleet: SecuredFleet) -> None:
        self.fleet = fleet
        self.certificates = Certificates(fleet.authority, fleet.directory / "devices")
        assert self.certificates.make(NAMES) == len(NAMES)
        assert self.certificates.make(NAMES) == 0, "they are kept"
        refresh(fleet.authority, fleet.broker.directory)

    async def open(self, name: str, *topics: str, keep_alive_s: float = 30) -> tuple[Connection, Peer]:
        """A connection of `name` that is up."""
        peer, loop = Peer(), asyncio.get_running_loop()
        hello = connect(name, int(keep_alive_s), (of(name, "state"), b"lost"))
        connection = Connection(loop, hello, [of(name, topic) for topic in topics], keep_alive_s, peer)
        broker, context = self.fleet.broker, self.certificates.context(name)
        await loop.create_connection(
            lambda: connection, "localhost", broker.port, ssl=context, server_hostname="localhost"
        )
        return connection, peer


def of(name: str, channel: str) -> str:
    return f"jumpguard/1/{FLEET}/{name}/{channel}"


async def soon(what: "asyncio.Queue[Told]") -> Told:
    return await asyncio.wait_for(what.get(), PATIENCE_S)


@pytest.fixture(scope="module", params=list(Engine), ids=[engine.value for engine in Engine])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    fleet = SecuredFleet(directory, request.param)
    place = Place(fleet)
    with fleet.broker:
        yield place
    shutil.rmtree(directory)


async def test_it_says_and_hears_and_leaves_without_its_will(place: Place) -> None:
    connection, peer = await place.open(NAMES[0], "state")
    await asyncio.wait_for(peer.is_up.wait(), PATIENCE_S)
    said = connection.publish(of(NAMES[0], "state"), b"online", retain=True)
    assert await soon(peer.confirmations) == said
    assert await soon(peer.messages) == (of(NAMES[0], "state"), b"online")
    connection.close()
    await asyncio.wait_for(peer.is_down.wait(), PATIENCE_S)
    assert (peer.why, connection.publish(of(NAMES[0], "state"), b"late")) == ("", 0)
    again, peer = await place.open(NAMES[0], "state")
    assert await soon(peer.messages) == (of(NAMES[0], "state"), b"online"), "kept, and no will"
    again.close()


async def test_a_line_that_is_cut_has_the_broker_say_the_will(place: Place) -> None:
    connection, peer = await place.open(NAMES[1], "state")
    await asyncio.wait_for(peer.is_up.wait(), PATIENCE_S)
    connection.publish(of(NAMES[1], "state"), b"online", retain=True)
    await soon(peer.confirmations)
    connection.abort()
    async with asyncio.timeout(PATIENCE_S):
        payload = b""
        while payload != b"lost":
            again, peer = await place.open(NAMES[1], "state")
            _, payload = await soon(peer.messages)
            again.close()


async def test_an_idle_connection_is_kept_by_asking(place: Place) -> None:
    connection, peer = await place.open(NAMES[2], "state", keep_alive_s=1)
    await asyncio.wait_for(peer.is_up.wait(), PATIENCE_S)
    begin = heard = connection.heard_at
    async with asyncio.timeout(PATIENCE_S):
        while heard - begin < 2:  # the broker would have ended it after 1.5 s
            assert not peer.is_down.is_set(), peer.why
            connection.look()
            await asyncio.sleep(0.05)
            heard = connection.heard_at
    connection.close()


async def test_a_subscription_that_is_not_allowed_ends_it(place: Place) -> None:
    if place.fleet.engine is Engine.MOSQUITTO:
        return  # it grants everything, and delivers nothing of what is forbidden
    _, peer = await place.open(NAMES[0], "event/../../+/event")
    await asyncio.wait_for(peer.is_down.wait(), PATIENCE_S)
    assert not peer.is_up.is_set() and peer.why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "the broker is silent"),
        (b"\x20\x02\0\5", "refused the session: 05"),
        (b"\x30\xff\xff\xff\xff\1", "four digits"),
    ],
)
async def test_a_broker_that_is_silent_or_no_broker_is_given_up(answer: bytes, why: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        peer, loop = Peer(), asyncio.get_running_loop()
        connection = Connection(loop, connect("JG-LOAD-00009"), ["a"], 0.1, peer)
        await loop.create_connection(lambda: connection, *server.sockets[0].getsockname())
        async with asyncio.timeout(PATIENCE_S):
            while not peer.is_down.is_set():
                connection.look()
                await asyncio.sleep(0.01)
        assert why in peer.why


async def test_a_terminal_without_a_certificate_is_not_let_in(place: Place) -> None:
    peer, loop = Peer(), asyncio.get_running_loop()
    connection = Connection(loop, connect(NAMES[0]), [], 30, peer)
    context = ssl.create_default_context(cafile=place.fleet.authority.servers_file)
    broker = place.fleet.broker
    try:
        await loop.create_connection(lambda: connection, "localhost", broker.port, ssl=context)
    except OSError:
        return  # as soon as the handshake
    await asyncio.wait_for(peer.is_down.wait(), PATIENCE_S)
    assert not peer.is_up.is_set()
