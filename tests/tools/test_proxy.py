"""The fault proxy between a client and a server of the test: what arrives, when, and what never does."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tools.proxy.client import ProxyControl
from tools.proxy.errors import ProxyError
from tools.rig.process import Process

SECONDS = 10.0
ONE, TWO, THREE = (len(text).to_bytes(2, "big") + text for text in (b"one", b"two--", b"three"))


class Server:
    """Takes connections and keeps them, to be read and written by the test."""

    def __init__(self) -> None:
        self.accepted: asyncio.Queue[Peer] = asyncio.Queue()
        self._peers: list[Peer] = []

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self._server.close()
        for peer in self._peers:
            peer.close()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peers.append(Peer(reader, writer))
        self.accepted.put_nowait(self._peers[-1])


class Peer:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def receive(self, count: int) -> bytes:
        async with asyncio.timeout(SECONDS):
            return await self._reader.readexactly(count)

    async def all(self) -> bytes:
        """Everything until the other side ends."""
        async with asyncio.timeout(SECONDS):
            return await self._reader.read()

    async def hears(self, seconds: float) -> bytes:
        """What comes first within `seconds`, nothing when there is nothing."""
        try:
            async with asyncio.timeout(seconds):
                return await self._reader.read(65_536)
        except TimeoutError:
            return b""

    def close(self) -> None:
        self._writer.close()


class Stand:
    """The proxy as a process of its own before a server of the test."""

    def __init__(self, process: Process, proxy: ProxyControl, server: Server) -> None:
        self.process = process
        self.proxy = proxy
        self.server = server

    async def connect(self) -> tuple[Peer, Peer]:
        """A client and the server's side of its connection."""
        client = await self.client()
        async with asyncio.timeout(SECONDS):
            return client, await self.server.accepted.get()

    async def client(self) -> Peer:
        return Peer(*await asyncio.open_connection("127.0.0.1", self.process.ready["port"]))

    def wait_until_happened(self, count: int) -> None:
        deadline = time.monotonic() + SECONDS
        while self.proxy.status()["happened"] < count:
            assert time.monotonic() < deadline, self.proxy.status()


@pytest.fixture
async def stand(short_dir: Path) -> AsyncIterator[Stand]:
    server = Server()
    port = await server.start()
    process = Process("proxy", "tools.proxy", ["--to", f"127.0.0.1:{port}", "--dir", str(short_dir)], short_dir)
    process.start()
    yield Stand(process, ProxyControl(short_dir), server)
    assert process.alive, process.log.read_text()
    process.stop()
    assert "Traceback" not in process.log.read_text(), process.log.read_text()
    await server.stop()


async def test_without_a_fault_everything_passes_both_ways_and_an_end_is_an_end(stand: Stand) -> None:
    client, server = await stand.connect()
    client.send(b"\xff\xff no frame \x00")
    assert await server.receive(13) == b"\xff\xff no frame \x00"
    server.send(b"x" * 300_000)
    server.close()
    assert await client.all() == b"x" * 300_000
    client.close()
    assert await server.all() == b""
    assert stand.proxy.status()["happened"] == 0


@pytest.mark.parametrize("at", [0, 1, 4, 5])
async def test_a_cut_ends_both_sides_after_so_many_bytes(stand: Stand, at: int) -> None:
    stand.proxy.fault("cut", direction="to_server", at=at)
    client, server = await stand.connect()
    client.send(b"12345")
    assert await server.all() == b"12345"[:at]
    assert await client.all() == b""
    client, server = await stand.connect()
    client.send(b"12345")
    assert await server.receive(5) == b"12345", "it happens once"


async def test_one_byte_of_one_direction_is_corrupt(stand: Stand) -> None:
    stand.proxy.fault("corrupt", direction="to_client", at=3, mask=0x81)
    client, server = await stand.connect()
    client.send(b"abcdef")
    assert await server.receive(6) == b"abcdef"
    for data in (b"ab", b"cd", b"ef"):
        server.send(data)
    assert await client.receive(6) == b"abc" + bytes([ord("d") ^ 0x81]) + b"ef"
    assert stand.proxy.status()["happened"] == 1


async def test_a_fault_waits_for_its_frame_and_happens_as_often_as_it_shall(stand: Stand) -> None:
    client, server = await stand.connect()
    client.send(ONE[:1])
    assert await server.receive(1) == ONE[:1]
    stand.proxy.fault("corrupt", direction="to_server", at=2, skip=1, times=2)
    client.send(ONE[1:] + TWO + THREE[:3])
    client.send(THREE[3:] + ONE + ONE + TWO)
    spoilt = [frame[:2] + bytes([frame[2] ^ 1]) + frame[3:] for frame in (THREE, ONE)]
    expected = ONE[1:] + TWO + spoilt[0] + ONE + spoilt[1] + TWO
    assert await server.receive(len(expected)) == expected
    assert stand.proxy.status()["frames"]["to_server"] == [5, 7, 7, 5, 5, 7]
    assert stand.proxy.status()["pending"] == []


@pytest.mark.parametrize(("fault", "expected"), [
    ("duplicate", ONE + ONE + TWO + THREE), ("drop", TWO + THREE), ("hold", TWO + ONE + THREE),
])  # fmt: skip
async def test_whole_frames_are_repeated_lost_and_overtaken(stand: Stand, fault: str, expected: bytes) -> None:
    stand.proxy.fault(fault, direction="to_server")
    client, server = await stand.connect()
    for byte in ONE + TWO + THREE:
        client.send(bytes([byte]))
    assert await server.receive(len(expected)) == expected
    assert stand.proxy.status()["happened"] == 1


async def test_a_frame_that_is_kept_leaves_on_the_next_connection(stand: Stand) -> None:
    stand.proxy.fault("hold", direction="to_client")
    client, server = await stand.connect()
    server.send(ONE)
    client.close()
    assert await server.all() == b""
    client, server = await stand.connect()
    server.send(TWO)
    assert await client.receive(len(TWO + ONE)) == TWO + ONE


async def test_a_frame_that_never_gets_whole_is_not_lost_with_the_end_of_its_sender(stand: Stand) -> None:
    stand.proxy.fault("duplicate", direction="to_server")
    client, server = await stand.connect()
    client.send(b"\xff\xffshort")
    client.close()
    assert await server.all() == b"\xff\xffshort"


async def test_delayed_bytes_arrive_late_though_their_sender_hung_up(stand: Stand) -> None:
    stand.proxy.fault("delay", direction="to_server", ms=300)
    client, server = await stand.connect()
    start = time.monotonic()
    client.send(b"late")
    client.close()
    assert await server.all() == b"late"
    assert time.monotonic() - start >= 0.3


async def test_sliced_bytes_all_arrive_in_order(stand: Stand) -> None:
    stand.proxy.fault("slice", direction="to_server", count=200)
    client, server = await stand.connect()
    data = bytes(range(256))
    client.send(data)
    first = await server.hears(SECONDS)
    assert len(first) < 200, "they came in one piece"
    assert first + await server.receive(256 - len(first)) == data


async def test_a_half_open_connection_is_taken_and_leads_nowhere(stand: Stand) -> None:
    stand.proxy.fault("half_open", skip=1)
    first, server = await stand.connect()
    dead = await stand.client()
    dead.send(b"hello")
    assert await dead.hears(0.2) == b""
    assert stand.server.accepted.empty()
    assert stand.proxy.status()["connections"] == 2
    first.send(b"alive")
    assert await server.receive(5) == b"alive"
    again, server = await stand.connect()
    again.send(b"alive")
    assert await server.receive(5) == b"alive"


async def test_hanging_up_ends_every_connection_also_a_half_open_and_a_delayed_one(stand: Stand) -> None:
    stand.proxy.fault("half_open")
    dead = await stand.client()
    dead.send(b"hello")
    stand.proxy.fault("delay", direction="to_server", ms=600_000)
    client, server = await stand.connect()
    client.send(b"never")
    stand.wait_until_happened(2)
    stand.proxy.hang_up()
    assert [await peer.all() for peer in (dead, client, server)] == [b"", b"", b""]
    assert stand.proxy.status()["connections"] == 0


async def test_a_reset_forgets_faults_and_frames_that_were_kept(stand: Stand) -> None:
    client, server = await stand.connect()
    stand.proxy.fault("hold", direction="to_server")
    stand.proxy.fault("drop", direction="to_server", times=9)
    client.send(ONE)
    stand.wait_until_happened(1)
    assert stand.proxy.status()["pending"] == [{"fault": "drop", "direction": "to_server", "times": 9, "skip": None}]
    stand.proxy.reset()
    client.send(TWO + THREE)
    assert await server.receive(len(TWO + THREE)) == TWO + THREE
    assert (stand.proxy.status()["happened"], stand.proxy.status()["pending"]) == (0, [])


async def test_where_no_server_is_the_client_is_sent_away(stand: Stand) -> None:
    await stand.server.stop()
    client = await stand.client()
    assert await client.all() == b""


@pytest.mark.parametrize(("order", "words"), [
    ({"fault": "flood"}, "flood"), ({"fault": "cut", "direction": "to_server"}, "at"),
    ({"fault": "cut", "direction": "up", "at": 1}, "direction"), ({"fault": "drop"}, "direction"),
    ({"fault": "corrupt", "direction": "to_server", "at": 1, "mask": 0}, "mask"),
    ({"fault": "drop", "direction": "to_server", "colour": 1}, "colour"),
])  # fmt: skip
async def test_a_fault_that_is_none_is_refused(stand: Stand, order: dict[str, str | int], words: str) -> None:
    with pytest.raises(ProxyError, match=words):
        stand.proxy.fault(**order)  # type: ignore[arg-type]
    assert stand.proxy.status()["pending"] == []


async def test_a_directory_has_one_proxy_and_no_proxy_is_told(stand: Stand, short_dir: Path) -> None:
    second = run("--to", "127.0.0.1:9", "--dir", str(short_dir))
    taken = run("--to", "127.0.0.1:9", "--dir", str(short_dir / "b"), "--listen", str(stand.process.ready["port"]))
    nowhere = run("--to", "nowhere", "--dir", str(short_dir / "c"))
    assert (second.returncode, taken.returncode, nowhere.returncode) == (1, 1, 2)
    assert "another proxy runs" in second.stderr
    assert "cannot listen on 127.0.0.1" in taken.stderr
    assert "'nowhere' is not HOST:PORT" in nowhere.stderr
    with pytest.raises(ProxyError, match="is it running"):
        ProxyControl(short_dir / "d").status()


@pytest.fixture
def proxy(short_dir: Path) -> Iterator[Process]:
    process = Process("proxy", "tools.proxy", ["--to", "127.0.0.1:9", "--dir", str(short_dir)], short_dir)
    process.start()
    yield process
    process.stop()


def test_it_ends_on_a_signal_and_takes_its_socket_along(proxy: Process) -> None:
    control = Path(proxy.ready["control"])
    assert control.stat().st_mode & 0o777 == 0o600
    subprocess.run(["kill", f"-{signal.SIGINT.value}", str(proxy.pid)], check=True)
    assert proxy.wait() == 0
    assert not control.exists()


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tools.proxy", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
