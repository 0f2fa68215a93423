"""What one client may hold of a server, over real sockets: connections, time, and bytes of a request's head."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from agent.adapters import bounded_server
from agent.adapters.bounded_server import LARGEST_HEAD, MOST_LINES, BoundedServer, Connection
from agent.errors import RequestError

MOST = 4
SOON = 0.2
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[..., Coroutine[Any, Any, Client]]


class Echo:
    """Reads a head, then a body of one byte, and answers with how it went. A request `hold` waits for `go`."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.admitted = asyncio.Event()

    async def __call__(self, connection: Connection) -> None:
        try:
            first = line = await connection.readline()
            while line.strip():
                line = await connection.readline()
            if first.startswith(b"fail"):
                raise ZeroDivisionError("a fault of ours")
            await connection.readexactly(1)
        except (RequestError, TimeoutError, EOFError) as error:
            await connection.awrite(type(error).__name__.encode())
            return
        connection.admit()
        self.admitted.set()
        if first.startswith(b"hold"):
            await self.go.wait()
        await connection.awrite(b"answered")


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def server(echo: Echo) -> AsyncIterator[BoundedServer]:
    server = BoundedServer(echo, "127.0.0.1", 0, MOST, None)
    await server.start()
    yield server
    server.stop()


@pytest.fixture
async def connect(server: BoundedServer) -> AsyncIterator[Connect]:
    """Opens a connection and sends `data` on it; all are closed in the end."""
    open_ones: list[asyncio.StreamWriter] = []

    async def connect(data: bytes = b"") -> Client:
        reader, writer = await asyncio.open_connection(*server.address)
        open_ones.append(writer)
        writer.write(data)
        await writer.drain()
        return reader, writer

    yield connect
    for writer in open_ones:
        writer.transport.abort()


async def everything(client: Client) -> bytes:
    """All that the server sends until it hangs up."""
    received = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(5):
            while piece := await client[0].read(4096):
                received += piece
    return received


async def test_a_whole_request_is_answered_and_the_connection_ends(connect: Connect) -> None:
    assert await everything(await connect(b"a head\n\nx")) == b"answered"


@pytest.mark.parametrize("sent", [b"", b"a hea", b"a head\nand more\n", b"a head\n\n"])
async def test_a_request_that_never_ends_is_given_up(
    connect: Connect, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_server, "READ_WITHIN_S", SOON)
    before = asyncio.get_running_loop().time()
    assert await everything(await connect(sent)) == b"TimeoutError"
    assert SOON <= asyncio.get_running_loop().time() - before < SOON + 1


async def test_a_request_in_drops_gets_no_more_time_than_one_that_stands_still(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_server, "READ_WITHIN_S", SOON)
    reader, writer = await connect()

    async def drip() -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(SOON / 10)  # how a slow loris keeps a connection alive; nothing waits for this

    dripping = asyncio.create_task(drip())
    assert await everything((reader, writer)) == b"TimeoutError"
    dripping.cancel()


@pytest.mark.parametrize(
    ("head", "heard"),
    [
        (b"x\n" * (MOST_LINES - 1) + b"\n", b"answered"),
        (b"x\n" * MOST_LINES + b"\n", b"RequestError"),
        (b"x" * (LARGEST_HEAD - 2) + b"\n\n", b"answered"),
        (b"x" * (LARGEST_HEAD - 1) + b"\n\n", b"RequestError"),
        ((b"x" * 1023 + b"\n") * 8 + b"\n", b"RequestError"),
        (b"x" * 5 * LARGEST_HEAD, b"RequestError"),
    ],
)
async def test_a_head_is_bounded_in_lines_and_bytes(connect: Connect, head: bytes, heard: bytes) -> None:
    assert await everything(await connect(head + b"x")) == heard


@pytest.mark.parametrize("sent", [b"a hea", b"a head\n", b"a head\n\n"])
async def test_a_request_that_ends_early_is_told_so(connect: Connect, sent: bytes) -> None:
    reader, writer = await connect(sent)
    writer.write_eof()
    assert await everything((reader, writer)) == b"IncompleteReadError"


async def test_who_has_been_sending_the_longest_gives_way_to_who_comes(connect: Connect) -> None:
    slow = [await connect(b"never") for _ in range(MOST)]
    for _ in range(2):
        assert await everything(await connect(b"a head\n\nx")) == b"answered"
    assert await everything(slow[0]) == b"", "the oldest was to go"
    # The others are still heard to their end.
    for reader, writer in slow[2:]:
        writer.write(b" mind\n\nx")
        assert await everything((reader, writer)) == b"answered"


async def test_who_waits_for_an_answer_keeps_it_and_who_comes_too_much_is_refused(echo: Echo, connect: Connect) -> None:
    waiting = []
    for _ in range(MOST):
        echo.admitted.clear()
        waiting.append(await connect(b"hold\n\nx"))
        await echo.admitted.wait()
    for _ in range(3):
        refused = await everything(await connect())
        assert refused.startswith(b"HTTP/1.0 503 ") and refused.endswith(b"\r\n\r\ntoo many connections\n")
        assert b"Content-Length: %d\r\n" % len(b"too many connections\n") in refused
    echo.go.set()
    assert [await everything(client) for client in waiting] == [b"answered"] * MOST
    assert await everything(await connect(b"a head\n\nx")) == b"answered"


async def test_a_crowd_that_comes_at_once_leaves_no_more_open_than_allowed(
    server: BoundedServer, connect: Connect
) -> None:
    crowd = await asyncio.gather(*(connect() for _ in range(50)))
    still_open = {asyncio.create_task(everything(client)) for client in crowd}
    while len(still_open) > MOST:
        _, still_open = await asyncio.wait(still_open, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert await everything(await connect(b"a head\n\nx")) == b"answered"
    server.stop()
    await asyncio.wait(still_open)
    assert len(still_open) == MOST


async def test_a_fault_of_one_connection_disturbs_no_other(
    echo: Echo, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = await connect(b"hold\n\nx")
    await echo.admitted.wait()
    assert await everything(await connect(b"fail\n\n")) == b""
    assert caplog.messages == ["a connection ended with ZeroDivisionError"]
    _, gone = await connect(b"a head\n\nx")
    gone.transport.abort()
    echo.go.set()
    assert await everything(waiting) == b"answered"


async def test_a_client_that_reads_nothing_does_not_keep_its_connection(
    server: BoundedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = asyncio.Event()

    async def talk(connection: Connection) -> None:
        try:
            while True:
                await connection.awrite(bytes(65536))
        except ConnectionAbortedError:
            given_up.set()
            raise

    monkeypatch.setattr(bounded_server, "WRITE_WITHIN_S", SOON)
    monkeypatch.setattr(server, "answer", talk)
    _, writer = await connect()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    async with asyncio.timeout(5):
        await given_up.wait()


async def test_a_client_that_does_not_hang_up_does_not_keep_its_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = [await connect(b"a head\n\nx") for _ in range(MOST)]
    assert [await everything(client) for client in hanging] == [b"answered"] * MOST
    assert await everything(await connect(b"a head\n\nx")) == b"answered", "a new one pushes them off"
    monkeypatch.setattr(bounded_server, "FAREWELL_S", SOON)
    reader, writer = await connect(b"a head\n\nx")
    assert await everything((reader, writer)) == b"answered"
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(5):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0)


async def test_an_answer_is_heard_also_by_who_still_sends(connect: Connect) -> None:
    assert await everything(await connect(b"x\n" * 5_000_000)) == b"RequestError"


async def test_after_a_stop_nothing_is_taken_and_what_was_begun_is_answered(
    server: BoundedServer, echo: Echo, connect: Connect
) -> None:
    address = server.address
    waiting, sending = await connect(b"hold\n\nx"), await connect(b"a hea")
    await echo.admitted.wait()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*address)
    assert await everything(sending) == b""
    echo.go.set()
    assert await everything(waiting) == b"answered"
