"""The link against the real broker: what is published arrives in order, and a dead connection is told, never silent."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.adapters.paho_link import PahoLink
from agent.errors import LinkError
from tools.broker import Broker, free_port, server_binary

WILL = ("t/state", b"lost")
PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def broker(shared_broker: Broker) -> Broker:
    assert shared_broker.alive
    return shared_broker


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that the test may end."""
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture(autouse=True)
async def faults() -> AsyncIterator[list[dict[str, Any]]]:
    """What the loop would have logged as an error: a test fails when there is any, and when a task is left behind."""
    said: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
    yield said
    await until(lambda: len(asyncio.all_tasks()) == 1, "the tasks to end")
    assert said == []


def link_to(port: int, name: str = "JG-TEST-0001", timeout_s: float = 5.0, keepalive_s: int = 30) -> PahoLink:
    return PahoLink("127.0.0.1", port, name, keepalive_s, timeout_s)


async def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.005)


async def heard(link: PahoLink) -> tuple[str, bytes]:
    return await asyncio.wait_for(link.receive(), PATIENCE_S)


@contextlib.asynccontextmanager
async def connected(link: PahoLink, *topics: str) -> AsyncIterator[PahoLink]:
    await link.connect(WILL, list(topics) or ["t/nothing"])
    try:
        yield link
    finally:
        await link.disconnect()


def descriptors() -> set[str]:
    return {f"{fd.name}:{fd.readlink()}" for fd in Path("/proc/self/fd").iterdir() if fd.exists()}


def sockets() -> int:
    return sum("socket:" in each for each in descriptors())


async def told_link_error(awaitable: Awaitable[object], within_s: float) -> str:
    """The message of the LinkError that comes within `within_s`."""
    start = time.monotonic()
    with pytest.raises(LinkError) as told:
        await awaitable
    assert time.monotonic() - start < within_s
    return str(told.value)


async def test_what_is_published_comes_down_to_who_subscribed(broker: Broker) -> None:
    async with connected(link_to(broker.port, "a"), "t/one/#") as a, connected(link_to(broker.port, "b")) as b:
        await b.publish("t/two", b"not for a", False)
        await b.publish("t/one/x", b"\x00\xff", False)
        assert await heard(a) == ("t/one/x", b"\x00\xff")


async def test_a_retained_message_is_there_for_the_next_connection_and_a_passing_one_is_not(broker: Broker) -> None:
    async with connected(link_to(broker.port), "r/#") as link:
        await link.publish("r/kept", b"1", True)
        await link.publish("r/passing", b"2", False)
        assert await heard(link) == ("r/kept", b"1")
        assert await heard(link) == ("r/passing", b"2")
    async with connected(link_to(broker.port), "r/#") as link:
        assert await heard(link) == ("r/kept", b"1")
        await link.publish("r/passing", b"3", False)
        assert await heard(link) == ("r/passing", b"3")


async def test_five_hundred_publishes_arrive_in_order_and_once(broker: Broker) -> None:
    async with connected(link_to(broker.port, "a"), "o/#") as a, connected(link_to(broker.port, "b")) as b:
        for number in range(500):
            await b.publish("o/n", b"%d" % number, False)
        arrived = [int((await heard(a))[1]) for _ in range(500)]
        assert arrived == list(range(500))
        await b.publish("o/end", b"", False)
        assert (await heard(a))[0] == "o/end"


async def test_what_was_published_before_a_goodbye_is_sent_first(broker: Broker) -> None:
    async with connected(link_to(broker.port, "a"), "g/#") as a:
        b = link_to(broker.port, "b")
        await b.connect(WILL, ["t/nothing"])
        for number in range(100):
            await b.publish("g/n", b"%d" % number, False)
        await b.disconnect()
        assert [int((await heard(a))[1]) for _ in range(100)] == list(range(100))


async def test_a_large_payload_arrives_whole(broker: Broker) -> None:
    payload = os.urandom(400_000)
    async with connected(link_to(broker.port, "a"), "l/#") as a, connected(link_to(broker.port, "b")) as b:
        await b.publish("l/x", payload, False)
        assert await heard(a) == ("l/x", payload)


CHILD = """
import asyncio, sys
from agent.adapters.paho_link import PahoLink

async def main():
    link = PahoLink("127.0.0.1", int(sys.argv[1]), "JG-TEST-WILL", 30, 5.0)
    await link.connect(("w/state", b"lost"), ["w/down"])
    await link.publish("w/state", b"online", True)
    print("up", flush=True)
    if (await asyncio.to_thread(sys.stdin.readline)).strip() == "goodbye":
        await link.publish("w/state", b"offline", True)
        await link.disconnect()
        print("down", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize(("ending", "last"), [("kill", b"lost"), ("goodbye", b"offline")])
async def test_the_will_speaks_for_a_killed_terminal_and_is_silent_after_a_goodbye(
    broker: Broker, ending: str, last: bytes
) -> None:
    async with connected(link_to(broker.port), "w/state") as watcher:
        process = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-c", CHILD, str(broker.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert await asyncio.to_thread(process.stdout.readline) == "up\n"
            while (await heard(watcher))[1] != b"online":
                pass
            if ending == "kill":
                process.kill()
            else:
                process.stdin.write("goodbye\n")
                process.stdin.flush()
                assert await asyncio.to_thread(process.stdout.readline) == "down\n"
            assert await heard(watcher) == ("w/state", last)
        # Nothing else follows: the next thing heard is our own.
        await watcher.publish("w/state", b"", True)
        assert await heard(watcher) == ("w/state", b"")


async def test_a_killed_broker_ends_receive_and_publish_and_a_new_connection_works(own_broker: Broker) -> None:
    link = link_to(own_broker.port)
    async with connected(link, "k/#"):
        waiting = asyncio.create_task(link.receive())
        await asyncio.sleep(0)
        own_broker.kill()
        assert "the connection has ended" in await told_link_error(waiting, 2.0)
        assert "the connection has ended" in await told_link_error(link.publish("k/x", b"", False), 0.5)
        assert "the connection has ended" in await told_link_error(link.receive(), 0.5)
        await told_link_error(link.connect(WILL, ["k/#"]), 2.0)
        own_broker.start()
        await link.connect(WILL, ["k/#"])
        await link.publish("k/x", b"again", False)
        assert await heard(link) == ("k/x", b"again")


async def test_every_connection_is_tried_with_the_next_node(broker: Broker, own_broker: Broker) -> None:
    nobody = free_port()
    others = [("127.0.0.1", nobody), ("127.0.0.1", broker.port)]
    link = PahoLink("127.0.0.1", own_broker.port, "JG-TEST-0001", 30, 5.0, others=others)
    async with connected(link):
        own_broker.kill()
        await told_link_error(link.receive(), 2.0)
        assert f"broker 127.0.0.1:{nobody}: " in await told_link_error(link.connect(WILL, ["n/x"]), 2.0)
        await link.connect(WILL, ["n/x"])
        async with connected(link_to(broker.port, "b")) as b:
            await b.publish("n/x", b"at the third", False)
        assert await heard(link) == ("n/x", b"at the third")
        own = f"broker 127.0.0.1:{own_broker.port}: "
        assert own in await told_link_error(link.connect(WILL, ["n/x"]), 2.0)


async def test_what_is_wrong_with_a_node_is_logged_once_though_others_come_between(
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = free_port(), free_port()
    link = PahoLink("127.0.0.1", first, "JG-TEST-0001", 30, 5.0, others=[("127.0.0.1", second)])
    for _ in range(4):
        await told_link_error(link.connect(WILL, ["n/x"]), 2.0)
    said = [record.getMessage().split(": ")[0] for record in caplog.records]
    assert said == [f"broker 127.0.0.1:{first}", f"broker 127.0.0.1:{second}"]


async def test_messages_that_came_before_the_end_are_still_heard(own_broker: Broker) -> None:
    async with connected(link_to(own_broker.port), "m/#") as link:
        await link.publish("m/x", b"1", False)
        await link.publish("m/x", b"2", False)
        assert await heard(link) == ("m/x", b"1")
        own_broker.kill()
        with contextlib.suppress(LinkError):  # it may have been cut off before it came
            assert await heard(link) == ("m/x", b"2")
        await told_link_error(link.receive(), 2.0)


async def test_before_the_first_connection_and_after_a_goodbye_it_says_so(broker: Broker) -> None:
    link = link_to(broker.port)
    await link.disconnect()
    for _ in range(2):
        assert "not connected" in await told_link_error(link.publish("t/x", b"", False), 0.5)
        assert "not connected" in await told_link_error(link.receive(), 0.5)
        async with connected(link):
            pass


async def test_a_refused_connection_is_told_at_once(broker: Broker) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        assert f"broker 127.0.0.1:{port}: " in await told_link_error(link_to(port).connect(WILL, ["t/x"]), 1.0)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", "a" * 70 + ".invalid"])
async def test_a_host_that_is_none_is_told(host: str) -> None:
    link = PahoLink(host, 1883, "JG-TEST-0001", 30, 5.0)
    assert f"broker {host}:1883: " in await told_link_error(link.connect(WILL, ["t/x"]), 6.0)


@contextlib.asynccontextmanager
async def playing(*answers: bytes) -> AsyncIterator[int]:
    """A listener that sends `answers`, one for each packet it hears, then stays silent; its port."""
    writers: list[asyncio.StreamWriter] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(ConnectionError):  # a link that closes with answers unread resets the connection
            for answer in answers:
                await reader.read(4096)
                writer.write(answer)
            while await reader.read(4096):
                pass
        writer.close()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


CONNACK = b"\x20\x02\x00\x00"


@pytest.mark.parametrize("answers", [(), (CONNACK,)])
async def test_a_broker_that_falls_silent_is_given_up_in_time(answers: tuple[bytes, ...]) -> None:
    async with playing(*answers) as port:
        message = await told_link_error(link_to(port, timeout_s=0.3).connect(WILL, ["t/x"]), 1.0)
        assert message == f"broker 127.0.0.1:{port}: no answer in time"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((b"\x20\x02\x00\x05",), "refused the connection: Not authorized"),
        ((CONNACK, b"\x90\x03\x00\x01\x80"), "refused a subscription; check its access rules"),
        ((b"\x00\x00\x00\x00",), "the connection has ended"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), "no answer in time"),
        ((CONNACK, b"\xff\xff\xff\xff\xff\xff"), "the connection has ended"),
    ],
)
async def test_a_broker_that_refuses_or_talks_nonsense_is_told(answers: tuple[bytes, ...], said: str) -> None:
    async with playing(*answers) as port:
        assert said in await told_link_error(link_to(port, timeout_s=0.5).connect(WILL, ["t/x"]), 1.0)


async def test_a_silent_connection_is_given_up_after_its_keep_alive() -> None:
    async with (
        playing(CONNACK, b"\x90\x03\x00\x01\x00") as port,
        connected(link_to(port, keepalive_s=1), "t/x") as link,
    ):
        assert "the connection has ended" in await told_link_error(link.receive(), 4.0)


async def test_a_confirmation_tells_the_round_trip_and_what_is_owed(broker: Broker) -> None:
    link = link_to(broker.port)
    assert (link.round_trip_ms, link.unconfirmed) == (-1, 0)
    async with connected(link):
        assert (link.round_trip_ms, link.unconfirmed) == (-1, 0)
        for number in range(1, 4):
            await link.publish("t/x", b"", False)
            assert link.unconfirmed == number
        await until(lambda: link.unconfirmed == 0, "the confirmations")
        assert 0 <= link.round_trip_ms < 1000
    assert (link.round_trip_ms, link.unconfirmed) == (-1, 0)


async def test_a_broker_that_does_not_confirm_shows_in_a_growing_round_trip() -> None:
    puback = b"\x40\x02\x00\x02"  # of the second packet that has an identifier: the first was the subscription
    async with playing(CONNACK, b"\x90\x03\x00\x01\x00", puback) as port, connected(link_to(port), "t/x") as link:
        await link.publish("t/x", b"confirmed", False)
        await until(lambda: link.unconfirmed == 0, "the confirmation")
        measured = link.round_trip_ms
        await link.publish("t/x", b"not confirmed", False)
        await link.publish("t/x", b"behind it", False)
        await until(lambda: link.round_trip_ms > measured + 50, "it to grow")
        assert link.unconfirmed == 2


@pytest.mark.parametrize("answers", [(), (CONNACK,)])
async def test_a_cancelled_connect_leaves_no_socket_and_no_task(answers: tuple[bytes, ...]) -> None:
    async with playing(*answers) as port:
        link = link_to(port)
        before = sockets()
        tasks = len(asyncio.all_tasks())
        connecting = asyncio.create_task(link.connect(WILL, ["t/x"]))
        await until(lambda: sockets() > before, "the connection to be opened")
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await until(lambda: sockets() <= before and len(asyncio.all_tasks()) <= tasks, "the socket to be closed")


async def test_a_connect_cancelled_before_it_began_leaves_nothing(broker: Broker) -> None:
    link = link_to(broker.port)
    before = sockets()
    for _ in range(5):
        connecting = asyncio.create_task(link.connect(WILL, ["t/x"]))
        await asyncio.sleep(0)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
    await until(lambda: sockets() <= before, "the sockets to be closed")


async def test_twenty_reconnects_leak_no_descriptor(broker: Broker) -> None:
    link = link_to(broker.port)
    async with connected(link, "f/#"):
        await link.publish("f/x", b"", False)
    before = len(descriptors())
    for number in range(20):
        await link.connect(WILL, ["f/#"])
        await link.publish("f/x", b"%d" % number, False)
        assert await heard(link) == ("f/x", b"%d" % number)
        if number % 2:
            await link.disconnect()
    await link.disconnect()
    await until(lambda: len(descriptors()) <= before, "the descriptors to be closed")


async def test_the_same_name_taken_over_ends_the_older_connection(broker: Broker) -> None:
    async with (
        connected(link_to(broker.port, "same"), "t/x") as older,
        connected(link_to(broker.port, "same"), "t/x") as newer,
    ):
        await told_link_error(older.receive(), 3.0)
        await newer.publish("t/x", b"1", False)
        assert await heard(newer) == ("t/x", b"1")


async def test_a_refused_subscription_of_the_real_broker_is_told(own_broker: Broker) -> None:
    configuration = own_broker.directory / "nats-server.conf"
    own_broker.stop()
    denied = json.loads(configuration.read_text())
    denied["no_auth_user"] = "till"
    denied["authorization"] = {
        "users": [{"user": "till", "password": "x", "permissions": {"publish": ">", "subscribe": {"deny": ["d.>"]}}}]
    }
    process = serving(denied, own_broker)
    try:
        link = link_to(own_broker.port)
        await until(lambda: is_listening(own_broker.port), "the broker")
        assert "refused a subscription" in await told_link_error(link.connect(WILL, ["d/x"]), 3.0)
        async with connected(link, "e/x"):
            pass
    finally:
        process.kill()
        process.wait()


def serving(configuration: dict[str, Any], broker: Broker) -> "subprocess.Popen[bytes]":
    """The broker's server with another configuration."""
    path = broker.directory / "denied.conf"
    path.write_text(json.dumps(configuration))
    with broker.log.open("ab") as log:
        return subprocess.Popen([str(server_binary()), "--config", str(path)], stdout=log, stderr=log)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
