"""The stream that events are pulled from, at a real nats-server."""

from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from tests.tools.fleet.publisher import FLEET, Publisher, wait_until
from tools.broker import Broker, free_port
from tools.fleet.delivery import Message
from tools.fleet.ingest import BATCH_MESSAGES
from tools.fleet.keeper import News
from tools.fleet.link import Broker as Address
from tools.fleet.partition import Partition
from tools.fleet.stream import _SILENT_S, StreamConnection

TERMINAL = "JG-TEST-0001"
PATIENCE_S = 10.0
# As often as a terminal may have unacknowledged events, twice.
MOST = 200


class Puller:
    """A worker's connection, what it was delivered and what it told."""

    def __init__(self, port: int, partition: Partition | None = None) -> None:
        self.messages: SimpleQueue[Message] = SimpleQueue()
        self.news: SimpleQueue[News] = SimpleQueue()
        self.connection = StreamConnection(
            Address("127.0.0.1", port),
            FLEET,
            1,
            partition or Partition(),
            lambda _, message: self.messages.put(message),
            self._tell,
        )

    def __enter__(self) -> "Puller":
        self.connection.open()
        assert self.news.get(timeout=PATIENCE_S) is News.SUBSCRIBED, self.connection.ending
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def next(self) -> Message:
        return self.messages.get(timeout=PATIENCE_S)

    def _tell(self, _: object, news: News) -> None:
        self.news.put(news)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Publisher]:
    publisher = Publisher(broker.port, TERMINAL).start()
    yield publisher
    publisher.stop()


def send(publisher: Publisher, *texts: bytes) -> None:
    for text in texts:
        publisher.send_raw(publisher.topic("event"), text)


def test_an_event_comes_on_its_topic_and_once_it_is_confirmed_never_again(broker: Broker, publisher: Publisher) -> None:
    with Puller(broker.events_port) as puller:
        send(publisher, b"first")
        message = puller.next()
        assert (message.topic, message.payload, message.retain) == (publisher.topic("event"), b"first", False)
        puller.connection.confirm([message])
    with Puller(broker.events_port) as puller:
        send(publisher, b"second")
        assert puller.next().payload == b"second"


def test_what_one_that_ended_had_not_confirmed_comes_to_another(broker: Broker, publisher: Publisher) -> None:
    with Puller(broker.events_port) as first:
        send(publisher, b"kept", b"lost")
        first.connection.confirm([first.next()])
        assert first.next().payload == b"lost"
    with Puller(broker.events_port) as second:
        assert second.next().payload == b"lost"
        with pytest.raises(Empty):
            second.messages.get_nowait()


def test_of_two_each_has_the_terminals_of_its_partition(broker: Broker, publisher: Publisher) -> None:
    topics = [f"jumpguard/1/{FLEET}/JG-TEST-{number:04d}/event" for number in range(1, 41)]
    sent = [(topic, b"%d" % number) for number in range(10) for topic in topics]
    with Puller(broker.events_port, Partition(1, 2)) as first, Puller(broker.events_port, Partition(2, 2)) as second:
        for topic, text in sent:
            publisher.send_raw(topic, text)
        came: dict[Puller, list[Message]] = {first: [], second: []}

        def all_came() -> bool:
            for puller, messages in came.items():
                while not puller.messages.empty():
                    messages.append(puller.messages.get())
            return sum(map(len, came.values())) == len(sent)

        wait_until(all_came, "all events")
    for messages in came.values():
        assert messages
        mine = {message.topic for message in messages}
        assert [(message.topic, message.payload) for message in messages] == [
            (topic, text) for topic, text in sent if topic in mine
        ]


def test_when_there_are_other_partitions_than_before_nothing_is_missing(broker: Broker, publisher: Publisher) -> None:
    with Puller(broker.events_port, Partition(1, 2)), Puller(broker.events_port, Partition(2, 2)):
        pass
    with Puller(broker.events_port) as puller:
        send(publisher, b"to one")
        assert puller.next().payload == b"to one"
    with Puller(broker.events_port, Partition(1, 2)) as first, Puller(broker.events_port, Partition(2, 2)) as second:
        send(publisher, b"to one of two")
        wait_until(lambda: not (first.messages.empty() and second.messages.empty()), "the event")


def test_one_that_stores_nothing_is_delivered_no_more_than_it_can_hold(broker: Broker, publisher: Publisher) -> None:
    with Puller(broker.events_port) as puller:
        for number in range(2 * BATCH_MESSAGES + 100):
            publisher.send_raw(f"jumpguard/1/{FLEET}/JG-TEST-{number % 50:04d}/event", b"x")
        came = [puller.next() for _ in range(2 * BATCH_MESSAGES)]
        # So long that a silence would be the connection's end, if it had asked for anything.
        with pytest.raises(Empty):
            puller.news.get(timeout=_SILENT_S + 1)
        assert puller.messages.empty()
        puller.connection.confirm(came)
        for _ in range(100):
            puller.next()


def test_what_waits_of_one_terminal_is_bounded_and_the_latest(broker: Broker, publisher: Publisher) -> None:
    Puller(broker.events_port).__enter__().__exit__()
    other = f"jumpguard/1/{FLEET}/JG-TEST-0002/event"
    publisher.send_raw(other, b"of another")
    send(publisher, *[b"%d" % number for number in range(MOST + 50)])
    publisher.send_raw(publisher.topic("event/ack"), b'{"sequence": 1}')
    publisher.acks.get(timeout=PATIENCE_S)  # it has all reached the broker
    with Puller(broker.events_port) as puller:
        came = [puller.next().payload for _ in range(MOST + 1)]
        with pytest.raises(Empty):
            puller.messages.get_nowait()
    assert came == [b"of another", *[b"%d" % number for number in range(50, MOST + 50)]]


def test_only_events_come(broker: Broker, publisher: Publisher) -> None:
    with Puller(broker.events_port) as puller:
        for channel in ("state", "info", "vitals", "event/ack", "config/desired", "cmd/ping/1/status"):
            publisher.send_raw(publisher.topic(channel), b'{"sequence": 0}')
        publisher.send_raw(f"jumpguard/1/other/{TERMINAL}/event", b"another fleet's")
        publisher.send_raw(f"jumpguard/2/{FLEET}/{TERMINAL}/event", b"another version's")
        send(publisher, b"this")
        assert puller.next().payload == b"this"


def test_a_topic_with_dots_is_none_of_a_terminals(broker: Broker, publisher: Publisher) -> None:
    """nats-server's own separator is the dot: it must not make a level of what is none."""
    with Puller(broker.events_port) as puller:
        publisher.send_raw(f"jumpguard/1/{FLEET}/A.B/event", b"dotted")
        assert puller.next().topic == f"jumpguard/1/{FLEET}/A//B/event"


def test_an_acknowledgement_goes_to_the_terminal(broker: Broker, publisher: Publisher) -> None:
    with Puller(broker.events_port) as puller:
        puller.connection.publish(publisher.topic("event/ack"), b'{"sequence": 7}')
        assert publisher.acks.get(timeout=PATIENCE_S).sequence == 7


def test_the_broker_s_end_is_told(broker: Broker) -> None:
    with Puller(broker.events_port) as puller:
        broker.kill()
        assert puller.news.get(timeout=PATIENCE_S) is News.ENDED


def test_where_nothing_listens_it_ends_and_says_why() -> None:
    puller = Puller(free_port())
    puller.connection.open()
    assert puller.news.get(timeout=PATIENCE_S) is News.ENDED
    assert "Connect" in puller.connection.ending
    puller.connection.close()
