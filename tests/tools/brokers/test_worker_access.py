"""The backend's workers at a real broker over TLS: what they may, and that nobody else may it."""

import asyncio
from queue import Empty, SimpleQueue

import pytest

from board.identity import Pair
from tests.tools.brokers.secured import FLEET, SecuredFleet, connected, topic
from tools.brokers.setup import Engine
from tools.fleet.delivery import Message
from tools.fleet.keeper import Kept, News
from tools.fleet.link import Broker
from tools.fleet.partition import Partition
from tools.fleet.share import ShareConnection
from tools.fleet.stream import StreamConnection

PATIENCE_S = 10.0
# A broker that waits for more of the handshake tells nothing; whom it lets in, it has told within a second.
_REFUSED_WITHIN_S = 5.0
COUNT = 40


class Taker:
    """The connection of worker `number` of two to the broker of `fleet` with the certificate in `pair`.

    It keeps what comes of `terminal`.
    """

    def __init__(
        self,
        fleet: SecuredFleet,
        pair: Pair | None,
        terminal: str,
        messages: "SimpleQueue[Message]",
        number: int = 1,
    ) -> None:
        self.messages = messages
        self.terminal = terminal
        self.count = 0
        self.news: SimpleQueue[News] = SimpleQueue()
        port = fleet.broker.events_port if fleet.engine is Engine.NATS else fleet.broker.port
        node = Broker("localhost", port, fleet.authority.servers_file if pair else None, pair)
        self.connection: Kept = (
            StreamConnection(node, FLEET, 1, Partition(number, 2), self._take, self._tell)
            if fleet.engine is Engine.NATS
            else ShareConnection(node, FLEET, "of-the-test", self._take, self._tell)
        )

    def open(self, within_s: float = 0) -> News | None:
        """The first that it tells; None for what a broker lets wait for ever."""
        self.connection.open()
        try:
            return self.news.get(timeout=within_s or self.connection.begins_within_s)
        except Empty:
            return None

    def _take(self, _: object, message: Message) -> None:
        self.connection.confirm([message])
        if message.topic == topic(self.terminal, "event") and not message.retain:  # not what other tests left there
            self.messages.put(message)
            self.count += 1

    def _tell(self, _: Kept, news: News) -> None:
        self.news.put(news)


async def test_two_workers_take_the_events_of_a_terminal(fleet: SecuredFleet, terminal: str) -> None:
    link = fleet.link(fleet.enrolled(terminal))
    messages: SimpleQueue[Message] = SimpleQueue()
    takers = [Taker(fleet, fleet.backend(worker), terminal, messages, worker) for worker in (1, 2)]
    for taker in takers:
        assert await asyncio.to_thread(taker.open) is News.SUBSCRIBED, taker.connection.ending
    async with connected(link), asyncio.timeout(PATIENCE_S):
        for number in range(COUNT):
            await link.publish(topic(terminal, "event"), b"%d" % number, False)
        came = [await asyncio.to_thread(messages.get) for _ in range(COUNT)]
    assert sorted(int(message.payload) for message in came) == list(range(COUNT))
    assert {message.topic for message in came} == {topic(terminal, "event")}
    # Over a shared subscription in turns; from the stream all that a terminal says comes to one of them, in order.
    counts = sorted(taker.count for taker in takers)
    assert counts == ([COUNT // 2] * 2 if fleet.engine is Engine.MOSQUITTO else [0, COUNT])
    if fleet.engine is Engine.NATS:
        assert [int(message.payload) for message in came] == list(range(COUNT))
    for taker in takers:
        await asyncio.to_thread(taker.connection.close)


async def test_a_workers_acknowledgement_reaches_the_terminal(fleet: SecuredFleet, terminal: str) -> None:
    taker = Taker(fleet, fleet.backend(1), terminal, SimpleQueue())
    async with connected(fleet.link(fleet.enrolled(terminal)), topic(terminal, "event/ack")) as link:
        assert await asyncio.to_thread(taker.open) is News.SUBSCRIBED, taker.connection.ending
        taker.connection.publish(topic(terminal, "event/ack"), b"stored")
        async with asyncio.timeout(PATIENCE_S):
            assert await link.receive() == (topic(terminal, "event/ack"), b"stored")
    await asyncio.to_thread(taker.connection.close)


@pytest.mark.parametrize("who", ["a terminal", "nobody"])
async def test_whoever_else_is_not_let_in_as_a_worker(fleet: SecuredFleet, terminal: str, who: str) -> None:
    identity = fleet.enrolled(terminal)
    taker = Taker(fleet, identity.first if who == "a terminal" else None, terminal, SimpleQueue())
    try:
        first = await asyncio.to_thread(taker.open, _REFUSED_WITHIN_S)
    finally:
        await asyncio.to_thread(taker.connection.close)
    assert first is not News.SUBSCRIBED


async def test_a_revoked_worker_is_cut_off(own_fleet: SecuredFleet) -> None:
    taker = Taker(own_fleet, own_fleet.backend(1), "JG-TEST-0001", SimpleQueue())
    assert await asyncio.to_thread(taker.open) is News.SUBSCRIBED, taker.connection.ending
    own_fleet.authority.revoke("backend-1")
    own_fleet.refresh("backend-1")
    assert await asyncio.to_thread(taker.news.get, timeout=PATIENCE_S) is News.ENDED
    await asyncio.to_thread(taker.connection.close)
