"""Events from a stream of nats-server's own, JetStream, which several workers pull from.

The stream says of each event which partition its terminal is in, and each worker takes one of them: what a terminal
says comes to one worker, in the order in which it was said.

The stream holds in memory what no worker has stored yet, of each terminal little more than what it sends ahead of its
acknowledgements: whatever is lost here a terminal still has, and sends again. So it costs the broker no disk, and a
backend that was away a long time finds the latest instead of the same events again and again.

Each worker has pull requests open as long as it has room, so that events come as they arrive: the requests of
JetStream's API (ADR-13) sent as such, since nats-py's own `fetch` asks anew for every batch.
"""

import asyncio
import contextlib
import functools
import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StorageType, StreamConfig, SubjectTransform
from nats.js.errors import BadRequestError, NotFoundError

from agent.report.delivery import WINDOW
from agent.report.topics import EVENT, PREFIX
from board.errors import IdentityError
from board.tls import context, explained
from tools.brokers.access import LARGEST_MESSAGE
from tools.brokers.nats import stream_name
from tools.brokers.nodes import endpoint
from tools.fleet.delivery import Deliver, Message
from tools.fleet.ingest import BATCH_MESSAGES
from tools.fleet.keeper import News, Tell
from tools.fleet.link import Broker
from tools.fleet.partition import Partition

# What a worker that died had not stored yet comes again after this long, to the one that is started in its place.
_REDELIVERY_S = 5.0
# A terminal sends again what is not acknowledged after 10 s: what lies here longer lies here twice.
_LONGEST_STAY_S = 60.0
_MOST_OF_A_TERMINAL = 2 * WINDOW
_LARGEST = 64 * 1024 * 1024
_MOST_UNCONFIRMED = 20_000
# How many events a worker asks for at a time, and how many it has at most that are not stored yet: while it stores one
# batch the next may come, and one that stores 800 a second is done with them before they come again.
_PULL = 500
_MOST_OPEN = 2 * BATCH_MESSAGES
_PULL_EXPIRES_S = 30
# Without two of these in a row the request is lost: the node that had it may have ended.
_HEARTBEAT_S = 2
_SILENT_S = 2.5 * _HEARTBEAT_S
_PING_S = 5
_CONNECT_S = 5
_BEGIN_S = 12.0
_CLOSE_S = 5.0
_NAME_IN_USE = 10058

log = logging.getLogger("jumpguard.fleet")


class _Event(NamedTuple):
    """A `Message`; `place` is where JetStream is told that it is stored."""

    topic: str
    payload: bytes
    place: str
    qos: int = 1
    retain: bool = False


class StreamConnection:
    """A connection to one node of nats-server that delivers the events of a `partition` of `fleet`.

    Their stream is on `replicas` nodes.

    It lives on a loop in a thread of its own, which calls `deliver` and `tell`.
    """

    begins_within_s = 15.0

    def __init__(
        self, node: Broker, fleet: str, replicas: int, partition: Partition, deliver: Deliver, tell: Tell
    ) -> None:
        self._node = node
        self._name = f"events at {node.host}:{node.port}"
        self.silence = f"{self._name}: JetStream does not answer; have a majority of the broker's nodes run"
        self.ending = f"{self._name}: the connection ended"
        self._fleet = fleet
        self._stream = stream_name(fleet)
        self._replicas = replicas
        self._partition = partition
        self._consumer = _consumer(partition)
        self._deliver = deliver
        self._tell = tell
        self._client = Client()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="fleet-stream", daemon=True)
        self._post: asyncio.Queue[list[tuple[str, bytes]] | None] = asyncio.Queue()
        self._ended = asyncio.Event()
        self._begun = False
        self._inbox = ""
        # Events that were asked for and did not come yet, and those that came and are not confirmed.
        self._expected = 0
        self._open = 0
        self._heard = 0.0

    def open(self) -> None:
        """See `Kept.open`; what keeps it from connecting is logged, and `ENDED` told."""
        self._thread.start()

    def close(self) -> None:
        """See `Kept.close`."""
        self._soon(self._ended.set)
        self._thread.join(_CLOSE_S)

    def confirm(self, messages: Sequence[Message]) -> None:
        """See `Source.confirm`."""
        places = [message.place for message in messages if isinstance(message, _Event)]
        self._soon(functools.partial(self._confirm, places))

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """See `Source.publish`. Only MQTT can have the broker retain it."""
        assert not retain, topic
        self._soon(functools.partial(self._post.put_nowait, [(topic.replace("/", "."), payload)]))

    def _confirm(self, places: list[str]) -> None:
        self._open -= len(places)
        self._post.put_nowait([(place, b"") for place in places])

    def _soon(self, call: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(call)

    def _live(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._hold())
        except (NatsError, OSError, IdentityError, TimeoutError) as error:
            why = explained(error) if isinstance(error, OSError) else str(error)
            self.ending = f"{self._name}: {why or 'no answer in time'}"
        finally:
            self._tell(self, News.ENDED)

    async def _hold(self) -> None:
        """The whole life of the connection. Raises what the libraries raise when it cannot begin."""
        try:
            async with asyncio.timeout(_BEGIN_S):
                await self._connect()
                await self._ensure()
            self._inbox = self._client.new_inbox()
            await self._client.subscribe(self._inbox, cb=self._on_message)
            self._heard = self._loop.time()
            await self._pull()
            self._tell(self, News.SUBSCRIBED)
            async with asyncio.TaskGroup() as work:
                sending = work.create_task(self._send())
                watching = work.create_task(self._watch())
                await self._ended.wait()
                watching.cancel()
                self._post.put_nowait(None)
                await asyncio.wait([sending])
        finally:
            await self._client.close()

    async def _connect(self) -> None:
        node = self._node
        tls = context(node.ca_file, node.pair) if node.ca_file is not None and node.pair is not None else None
        await self._client.connect(
            f"{'nats' if tls is None else 'tls'}://{endpoint(node.host, node.port)}",
            tls=tls,
            allow_reconnect=False,
            connect_timeout=_CONNECT_S,
            ping_interval=_PING_S,
            closed_cb=self._on_closed,
            error_cb=self._on_error,
        )
        self._begun = True

    async def _ensure(self) -> None:
        """Have the stream and the partition's consumer be there and as they are here."""
        manager = self._client.jsm()
        subject = f"{PREFIX}/{self._fleet}/*/{EVENT}".replace("/", ".")
        partitioned = f"{subject}.{{{{partition({self._partition.of},1)}}}}".replace("*", "{{wildcard(1)}}")
        stream = StreamConfig(
            name=self._stream,
            subjects=[subject],
            subject_transform=SubjectTransform(subject, partitioned),
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.MEMORY,
            num_replicas=self._replicas,
            max_age=_LONGEST_STAY_S,
            max_bytes=_LARGEST,
            max_msgs_per_subject=_MOST_OF_A_TERMINAL,
            max_msg_size=LARGEST_MESSAGE,
        )
        try:
            await manager.add_stream(stream)
        except BadRequestError as error:
            if error.err_code != _NAME_IN_USE:
                raise
            await manager.update_stream(stream)  # an earlier version of this program made it
        ours = {_consumer(each) for each in self._partition.all}
        for other in await manager.consumers_info(self._stream):
            if other.name not in ours:  # there were more workers, or fewer
                with contextlib.suppress(NotFoundError):  # another worker was first
                    await manager.delete_consumer(self._stream, other.name)
        consumer = ConsumerConfig(
            durable_name=self._consumer,
            filter_subject=f"{subject}.{self._partition.number - 1}",
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_REDELIVERY_S,
            max_ack_pending=_MOST_UNCONFIRMED,
        )
        await manager.add_consumer(self._stream, consumer)

    async def _pull(self) -> None:
        """Ask for more, if there is room for it."""
        request = {
            "batch": _PULL,
            "expires": _PULL_EXPIRES_S * 1_000_000_000,
            "idle_heartbeat": _HEARTBEAT_S * 1_000_000_000,
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}"
        while self._expected + self._open <= _MOST_OPEN - _PULL and not self._ended.is_set():
            self._expected += _PULL
            self._heard = self._loop.time()
            await self._client.publish(subject, json.dumps(request).encode(), reply=self._inbox)

    async def _on_message(self, message: Msg) -> None:
        self._heard = self._loop.time()
        if message.reply:
            self._expected -= 1
            self._open += 1
            topic, _, _number = message.subject.rpartition(".")
            self._deliver(self, _Event(topic.replace(".", "/"), message.data, message.reply))
        else:
            self._on_status(message.headers or {})
            await self._pull()

    def _on_status(self, headers: dict[str, str]) -> None:
        """What JetStream says of a request: 100 is a heartbeat, 408 its end, 409 and 503 that nobody serves it."""
        status = headers.get("Status", "")
        if status == "408":
            self._expected -= int(headers.get("Nats-Pending-Messages", _PULL))
        elif status != "100":
            self._end(f"{status} {headers.get('Description', '')}")

    async def _send(self) -> None:
        """Send what was posted, in order, until there is a None."""
        with contextlib.suppress(NatsError):  # the connection has ended: it all comes again, or is sent again
            while (posted := await self._post.get()) is not None:
                for subject, payload in posted:
                    await self._client.publish(subject, payload)
                await self._pull()
            await self._client.flush()

    async def _watch(self) -> None:
        while True:
            if self._expected <= 0:  # nothing was asked for, so nothing needs to come
                self._heard = self._loop.time()
            left = self._heard + _SILENT_S - self._loop.time()
            if left <= 0:
                break
            await asyncio.sleep(left)
        self._end("nothing was heard of it any more")

    def _end(self, why: str) -> None:
        self.ending = f"{self._name}: {why}"
        self._ended.set()

    async def _on_closed(self) -> None:
        self._ended.set()

    async def _on_error(self, error: Exception) -> None:
        if not self._begun:
            raise error  # nats-py would try again for ever
        log.warning("%s: %s", self._name, str(error) or type(error).__name__)


def _consumer(partition: Partition) -> str:
    return f"ingest-{partition.number}-of-{partition.of}"
