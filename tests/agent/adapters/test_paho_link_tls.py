"""The encrypted link against a real broker: nothing stays in the TLS layer, no thread stays, silence is noticed."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from agent.adapters.paho_link import PahoLink
from agent.adapters.system_clock import SystemClock
from agent.errors import LinkError
from board.link_tls import LinkTls
from tests.tools.brokers.secured import SecuredFleet, connected, topic
from tools.brokers.setup import Engine
from tools.proxy.client import ProxyControl
from tools.rig.process import Process

TERMINAL = "JG-TEST-0001"
STATE, ACK = topic(TERMINAL, "state"), topic(TERMINAL, "event/ack")
PATIENCE_S = 10.0
# nats-server counts one and a half of one second as one.
KEEPALIVE_S = 2


@pytest.fixture(scope="module", params=list(Engine), ids=[engine.value for engine in Engine])
def fleet(request: pytest.FixtureRequest) -> Iterator[SecuredFleet]:
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    fleet = SecuredFleet(directory, request.param)
    with fleet.broker:
        yield fleet
    shutil.rmtree(directory)


@pytest.fixture
def link(fleet: SecuredFleet) -> PahoLink:
    return fleet.link(fleet.enrolled(TERMINAL))


@pytest.fixture
def proxy(fleet: SecuredFleet, short_dir: Path) -> Iterator[tuple[ProxyControl, int]]:
    """A way to the broker that can be made to fail."""
    arguments = ["--to", f"localhost:{fleet.broker.port}", "--dir", str(short_dir)]
    process = Process("proxy", "tools.proxy", arguments, short_dir)
    process.start()
    yield ProxyControl(short_dir), process.ready["port"]
    process.stop()


async def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.005)


async def test_a_burst_of_small_messages_is_heard_whole(fleet: SecuredFleet, link: PahoLink) -> None:
    """Many of them come in one TLS record: once the first is read, the system's socket is empty."""
    async with connected(fleet.backend_link()) as backend, connected(link, ACK):
        for _ in range(3):
            for number in range(150):
                await backend.publish(ACK, b"%d" % number, False)
            async with asyncio.timeout(PATIENCE_S):
                assert [int((await link.receive())[1]) for _ in range(150)] == list(range(150))


async def test_a_large_message_passes_whole_both_ways(link: PahoLink) -> None:
    payload = os.urandom(200_000)
    async with connected(link, STATE):
        await link.publish(STATE, payload, False)
        async with asyncio.timeout(PATIENCE_S):
            assert await link.receive() == (STATE, payload)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_twenty_encrypted_reconnects_leak_no_descriptor(link: PahoLink) -> None:
    async with connected(link):
        pass
    before = descriptors()
    for _ in range(20):
        async with connected(link):
            await link.publish(topic(TERMINAL, "event"), b"x", False)
    await until(lambda: descriptors() <= before, "the descriptors to be closed")


@contextlib.asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """A listener that says nothing; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def busy_threads() -> int:
    """How many threads are inside a TLS handshake."""
    frames = sys._current_frames()
    count = 0
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        while frame is not None:
            count += frame.f_code.co_name == "do_handshake"
            frame = frame.f_back
    return count


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_handshake_that_nobody_waits_for_any_more_ends_with_its_thread(
    fleet: SecuredFleet, cancelled: bool
) -> None:
    async with silent() as port:
        link = fleet.link(fleet.enrolled(TERMINAL), port=port, connect_timeout_s=60.0 if cancelled else 0.5)
        connecting = asyncio.create_task(link.connect((STATE, b"lost"), [STATE]))
        await until(lambda: busy_threads() > 0, "the handshake to begin")
        if cancelled:
            connecting.cancel()
        with pytest.raises((LinkError, asyncio.CancelledError)):
            await connecting
        await until(lambda: busy_threads() == 0, "the thread to come back")


CHILD = """
import asyncio, sys
from pathlib import Path
from agent.adapters.paho_link import PahoLink
from agent.errors import LinkError
from board.identity import Identity, Pair
from board.link_tls import LinkTls
from tests.tools.brokers.secured import SET_CLOCK

async def main(port, ca, folder):
    identity = Identity("demo", "JG-TEST-0001", Pair(folder / "device.crt", folder / "device.key"), folder)
    link = PahoLink("localhost", port, "JG-TEST-0001", 30, 0.5, LinkTls(ca, identity, SET_CLOCK, 1))
    try:
        await link.connect(("a", b""), ["b"])
    except LinkError as error:
        print(error, flush=True)

asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
"""


async def test_a_process_that_gives_up_on_a_silent_broker_ends_at_once(fleet: SecuredFleet) -> None:
    identity = fleet.enrolled(TERMINAL)
    async with silent() as port:
        command = [sys.executable, "-c", CHILD, str(port), str(fleet.authority.servers_file)]
        process = await asyncio.create_subprocess_exec(
            *command, str(identity.first.key.parent), stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
        )
        assert process.stdout is not None
        assert b"no answer in time" in await process.stdout.readline()
        async with asyncio.timeout(3.0):
            assert await process.wait() == 0


@pytest.mark.parametrize("way", ["to_client", "to_server"])
async def test_silence_is_noticed_within_one_and_a_half_keep_alives(
    fleet: SecuredFleet, proxy: tuple[ProxyControl, int], way: str
) -> None:
    """Half open: bytes of one direction are taken on the way and go nowhere, as behind a gateway that forgot us."""
    control, port = proxy
    link = fleet.link(fleet.enrolled(TERMINAL), port=port, keepalive_s=KEEPALIVE_S)
    async with connected(link, ACK):
        control.fault("delay", direction=way, ms=600_000)
        start = time.monotonic()
        # Deaf to us, the broker may hang up at the same time.
        with pytest.raises(LinkError, match="the connection has ended"):
            await link.receive()
        assert KEEPALIVE_S < time.monotonic() - start <= 1.5 * KEEPALIVE_S + 0.1


async def test_a_quiet_connection_stays_up(fleet: SecuredFleet) -> None:
    link = fleet.link(fleet.enrolled(TERMINAL), keepalive_s=KEEPALIVE_S)
    async with connected(link, STATE):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2.5 * KEEPALIVE_S):  # pings alone keep it alive
                await link.receive()
        await link.publish(STATE, b"still here", False)
        assert await link.receive() == (STATE, b"still here")


# --- a clock that was not set


def with_clock(fleet: SecuredFleet, clock: SystemClock, wait_s: float) -> PahoLink:
    link = fleet.link(fleet.enrolled(TERMINAL))
    link.tls = LinkTls(fleet.authority.servers_file, fleet.enrolled(TERMINAL), clock, wait_s)
    return link


async def test_the_first_connection_waits_until_the_clock_is_set(fleet: SecuredFleet, tmp_path: Path) -> None:
    mark = tmp_path / "synchronized"
    link = with_clock(fleet, SystemClock(mark), 60)
    connecting = asyncio.create_task(link.connect((STATE, b"lost"), [STATE]))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.7):
            await asyncio.shield(connecting)
    assert not connecting.done()
    mark.touch()
    await asyncio.wait_for(connecting, PATIENCE_S)
    await link.disconnect()


async def test_a_clock_that_is_never_set_delays_the_first_connection_only(
    fleet: SecuredFleet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    link = with_clock(fleet, SystemClock(tmp_path / "synchronized"), 0.5)
    start = time.monotonic()
    async with connected(link):
        assert time.monotonic() - start >= 0.5
    start = time.monotonic()
    async with connected(link):
        assert time.monotonic() - start < 0.4
    said = [record.message for record in caplog.records]
    assert said == ["the clock was not set in time; certificates are checked by it as it is"]


async def test_each_node_has_to_show_a_certificate_in_its_own_name(fleet: SecuredFleet) -> None:
    link = fleet.link(fleet.enrolled(TERMINAL), host="127.0.0.1", others=[("localhost", fleet.broker.port)])
    with pytest.raises(LinkError, match="the broker's certificate is for another IP address"):
        await link.connect((STATE, b"lost"), [STATE])
    async with connected(link):
        assert link.host == "localhost"


# --- what the log hears of it


async def test_what_keeps_the_link_down_is_logged_once_and_its_end_too(
    own_log: pytest.LogCaptureFixture, fleet: SecuredFleet
) -> None:
    identity = fleet.enrolled(TERMINAL)
    link = fleet.link(identity)
    certificate = identity.first.certificate.read_bytes()
    identity.first.certificate.unlink()
    for _ in range(3):
        with pytest.raises(LinkError):
            await link.connect((STATE, b"lost"), [STATE])
    identity.first.certificate.write_bytes(certificate)
    async with connected(link):
        pass
    first, second = (record.message for record in own_log.records)
    assert "device.crt: cannot be read" in first
    assert second == f"broker localhost:{fleet.broker.port}: connected"


@pytest.fixture
def own_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO")
    return caplog
