"""TCP as it goes wrong: what is lost, what is unreachable, and what is still received."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from agent.adapters.iso8583 import Iso8583Acquirer
from agent.adapters.iso8583.connection import connect
from agent.adapters.iso8583.frame import MAX_FRAME, Inbox
from agent.errors import AcquirerLostError, AcquirerTimeoutError, AcquirerUnreachableError, MessageError
from tests.agent.adapters.iso8583.conftest import TMK, TPDU_SENT, Host, Peer, framed, sale, sale_answer, sign_on_answer

ANSWER = framed(sale_answer())


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until `condition` holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (the port promises no event to wait for)
            await asyncio.sleep(0)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_a_message_may_come_in_slices(client: Iso8583Acquirer, peer: Peer, size: int) -> None:
    receiving = asyncio.create_task(client.receive(5000))
    for start in range(0, len(ANSWER), size):
        await peer.write(ANSWER[start : start + size])
        await asyncio.sleep(0)
    assert (await receiving).authenticated


async def test_two_messages_may_come_in_one_packet(client: Iso8583Acquirer, peer: Peer) -> None:
    await peer.write(framed(sale_answer("000002")) + framed(sale_answer("000003")))
    assert (await client.receive(5000)).text(11) == "000002"
    assert (await client.receive(0)).text(11) == "000003"


async def test_a_time_out_loses_no_byte(client: Iso8583Acquirer, peer: Peer) -> None:
    for part in (ANSWER[:1], ANSWER[1:20], ANSWER[20:-1]):
        await peer.write(part)
        with pytest.raises(AcquirerTimeoutError):
            await client.receive(20)
    await peer.write(ANSWER[-1:])
    assert (await client.receive(5000)).authenticated


async def test_a_cancelled_receive_loses_no_byte(client: Iso8583Acquirer, peer: Peer) -> None:
    await peer.write(ANSWER[:30])
    receiving = asyncio.create_task(client.receive(5000))
    await asyncio.wait([receiving], timeout=0.02)
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    await peer.write(ANSWER[30:])
    assert (await client.receive(5000)).authenticated


async def test_a_silent_acquirer_is_a_time_out_and_may_answer_later(client: Iso8583Acquirer, peer: Peer) -> None:
    await client.send(sale())
    await peer.request()
    with pytest.raises(AcquirerTimeoutError):
        await client.receive(20)
    assert client.connected
    await peer.write(ANSWER)
    assert (await client.receive(5000)).text(11) == "000002"


@pytest.mark.parametrize("part", [b"", ANSWER[:1], ANSWER[:2], ANSWER[:-1]])
async def test_a_connection_that_ends_after_sending_is_lost(client: Iso8583Acquirer, peer: Peer, part: bytes) -> None:
    await client.send(sale())
    await peer.request()
    await peer.write(part)
    await peer.close()
    with pytest.raises(AcquirerLostError, match="within a frame" if part else "ended the connection$"):
        await client.receive(5000)
    assert not client.connected


async def test_a_reset_connection_is_lost(client: Iso8583Acquirer, peer: Peer) -> None:
    await client.send(sale())
    peer.reset()  # with the request unread, the system answers with RST
    with pytest.raises(AcquirerLostError):
        await client.receive(5000)


async def test_what_arrived_before_the_end_is_still_received(client: Iso8583Acquirer, peer: Peer) -> None:
    await client.send(sale())
    await peer.request()
    await peer.write(ANSWER)
    await peer.close()
    await until(lambda: not client.connected)
    assert (await client.receive(0)).authenticated
    with pytest.raises(AcquirerLostError):
        await client.receive(5000)


async def test_a_connection_closed_before_sending_is_opened_again(
    host: Host, client: Iso8583Acquirer, peer: Peer
) -> None:
    await peer.write(framed(sale_answer("000007")) + ANSWER[:10])  # a whole message and the beginning of another
    await peer.close()
    await until(lambda: not client.connected)
    await client.send(sale())
    second = await host.peer()
    assert await second.request()
    await second.write(ANSWER)
    assert [(await client.receive(5000)).text(11) for _ in range(2)] == ["000007", "000002"]


async def test_a_connection_is_used_for_many_messages(host: Host, client: Iso8583Acquirer, peer: Peer) -> None:
    for trace in ("000002", "000003"):
        await client.send(sale(trace))
        assert bytes.fromhex(trace) in await peer.request()
    assert host.no_peer()


async def test_closing_keeps_the_keys(host: Host, client: Iso8583Acquirer, peer: Peer) -> None:
    await client.close()
    assert await peer.ended()
    with pytest.raises(AcquirerLostError, match="closed"):
        await client.receive(5000)
    await client.close()
    await client.send(sale())
    second = await host.peer()
    await second.request()
    await second.write(ANSWER)
    assert (await client.receive(5000)).authenticated


async def test_receiving_without_a_connection_is_lost(client: Iso8583Acquirer) -> None:
    with pytest.raises(AcquirerLostError, match="nothing was sent"):
        await client.receive(5000)
    await client.close()


async def test_a_length_that_cannot_be_true_ends_the_connection(client: Iso8583Acquirer, peer: Peer) -> None:
    await peer.write(ANSWER + (MAX_FRAME + 1).to_bytes(2, "big") + b"rest")
    assert (await client.receive(5000)).authenticated
    with pytest.raises(AcquirerLostError, match=str(MAX_FRAME + 1)):
        await client.receive(5000)
    assert await peer.ended()


async def test_an_acquirer_that_floods_is_slowed_down_and_nothing_is_lost(client: Iso8583Acquirer, peer: Peer) -> None:
    count = 5_000
    flood = asyncio.create_task(peer.write(framed(bytes(MAX_FRAME - 11)) * count + ANSWER))
    with pytest.raises(TimeoutError):  # 20 MB: more than the system's buffers on both sides take
        await asyncio.wait_for(asyncio.shield(flood), 0.2)
    for _ in range(count):
        with pytest.raises(MessageError):
            await client.receive(5000)
    assert (await client.receive(5000)).authenticated
    await flood


def refusing_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.parametrize("name", ["127.0.0.1", "no-such-host.invalid", "a..b", "x" * 70])
async def test_an_acquirer_that_is_not_there_is_unreachable(name: str) -> None:
    client = Iso8583Acquirer(name, refusing_port(), TPDU_SENT, TMK, connect_timeout_ms=5000)
    with pytest.raises(AcquirerUnreachableError, match=name):
        await client.sign_on("000001", "000001", "JG000001", "898210154110002", 5000)
    await client.close()


async def test_an_acquirer_that_accepts_nothing_is_unreachable_in_time() -> None:
    with socket.socket() as full, socket.socket() as filler:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # one connection waits to be accepted, and the system drops the rest
        filler.connect(full.getsockname())
        client = Iso8583Acquirer("127.0.0.1", full.getsockname()[1], TPDU_SENT, TMK, connect_timeout_ms=50)
        with pytest.raises(AcquirerUnreachableError, match="50 ms"):
            await client.sign_on("000001", "000001", "JG000001", "898210154110002", 5000)


async def test_a_cancelled_connect_leaves_the_client_usable(host: Host, client: Iso8583Acquirer) -> None:
    signing = asyncio.create_task(client.sign_on("000001", "000001", "JG000001", "898210154110002", 5000))
    await asyncio.sleep(0)
    signing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await signing
    again = asyncio.create_task(client.sign_on("000002", "000001", "JG000001", "898210154110002", 5000))
    peer = await host.peer()
    if not await answered(peer):
        await answered(await host.peer())
    assert (await again).text(11) == "000002"


async def answered(peer: Peer) -> bool:
    """Answer the sign-on 000002 when it comes on `peer`; False when the terminal had given that connection up."""
    try:
        await peer.request()
    except (asyncio.IncompleteReadError, ConnectionError):
        return False
    await peer.write(framed(sign_on_answer("000002")))
    return True


async def test_a_dead_line_is_found_by_the_system(host: Host) -> None:
    connection = await connect("127.0.0.1", host.port, Inbox(), 2000)
    line = connection.transport.get_extra_info("socket")
    assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
    await connection.close()
