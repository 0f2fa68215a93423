"""Whatever bytes a broker sends: messages, or the end of the connection as a LinkError, and nothing unhandled."""

import asyncio
import contextlib
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.adapters.paho_link import PahoLink
from agent.errors import LinkError
from tests.leaks.strategies import damaged

CONNACK = b"\x20\x02\x00\x00"
SUBACK = b"\x90\x03\x00\x01\x00"


def publish(topic: bytes, payload: bytes) -> bytes:
    """A PUBLISH at QoS 0 (MQTT 3.1.1, 3.3), short enough for one length byte."""
    body = len(topic).to_bytes(2, "big") + topic + payload
    return bytes([0x30, len(body)]) + body


PACKETS = (
    st.binary(max_size=60)
    | st.builds(publish, st.binary(max_size=20), st.binary(max_size=20))
    | damaged(publish(b"t/x", b"payload"))
    | damaged(CONNACK)
    | damaged(SUBACK)
    | st.builds(lambda kind, body: bytes([kind << 4, len(body)]) + body, st.integers(0, 15), st.binary(max_size=20))
)


async def play(answers: list[bytes]) -> list[dict[str, Any]]:
    """Have a broker say `answers`, one for each packet it hears, and hang up; what the loop would have logged."""
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
    over = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            for answer in answers:
                async with asyncio.timeout(0.05):  # a link that makes nothing of the first says nothing to the second
                    await reader.read(4096)
                writer.write(answer)
            writer.write_eof()
            async with asyncio.timeout(5):
                await reader.read()
        writer.transport.abort()
        over.set()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    link = PahoLink("127.0.0.1", server.sockets[0].getsockname()[1], "JG-TEST-0001", 30, 1.0)
    try:
        async with asyncio.timeout(5):
            await link.connect(("t/state", b"lost"), ["t/x"])
            while True:
                await link.receive()
    except LinkError:
        pass
    await link.disconnect()
    await over.wait()
    server.close()
    return faults


@given(st.lists(PACKETS, max_size=3))
@example([publish(b"\xff\xfe", b"a topic that is no UTF-8")])
@settings(max_examples=150)
def test_any_bytes_behind_the_subscription_are_messages_or_the_end(packets: list[bytes]) -> None:
    assert asyncio.run(play([CONNACK, SUBACK + b"".join(packets)])) == []


@given(PACKETS, PACKETS)
@settings(max_examples=100)
def test_any_bytes_before_it_are_a_connection_or_its_end(first: bytes, second: bytes) -> None:
    assert asyncio.run(play([first, second])) == []
