"""The one writer: it takes what connections deliver, stores it in batches, and only then lets go of it.

Order matters: commit, then PUBACK to the broker, then the signed acknowledgement to the terminal. A crash between any
two of them only makes somebody send again what is stored already.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from paho.mqtt.client import MQTTMessage

from agent.report.topics import PREFIX
from provisioning.keys import SigningKey
from tools.fleet.acks import acknowledgement
from tools.fleet.contract import Event, Report, parse, parse_topic
from tools.fleet.errors import ContractError
from tools.fleet.link import Connection
from tools.fleet.store import Refused, Store

BATCH_MESSAGES = 500
BATCH_SECONDS = 0.02
# The broker bounds what it sends unacknowledged at QoS 1; only QoS 0 could fill the memory, and vitals may go missing.
LONGEST_QUEUE = 20_000

_Delivery = tuple[Connection, MQTTMessage]


def utc_now() -> str:
    """Now in UTC to the millisecond, as the journal writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Ingest:
    """Writes to `store` in a thread of its own; calls `on_end` when that thread ends, whatever ended it."""

    def __init__(self, store: Store, fleet: str, key: SigningKey, on_end: Callable[[], None]) -> None:
        self._store = store
        self._fleet = fleet
        self._key = key
        self._on_end = on_end
        self._queue: SimpleQueue[_Delivery | None] = SimpleQueue()
        self._executor = ThreadPoolExecutor(1, "fleet-writer")
        self._writing: Future[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._writing = self._executor.submit(self._write)

    def stop(self) -> None:
        """Store what was delivered until now, then end; harmless when it has ended.

        Raises StoreError, or whatever else ended the writer before: nothing is confirmed that is not stored, so the
        broker delivers it all again.
        """
        self._queue.put(None)
        self._executor.shutdown()
        if self._writing is not None:
            self._writing.result()

    def deliver(self, connection: Connection, message: MQTTMessage) -> None:
        """Queue one message; from any thread, and never waiting."""
        if message.qos or self._queue.qsize() < LONGEST_QUEUE:
            self._queue.put((connection, message))

    def _write(self) -> None:
        try:
            more = True
            while more:
                batch, more = self._next_batch()
                if batch:
                    self._take(batch)
        finally:
            self._on_end()

    def _next_batch(self) -> tuple[list[_Delivery], bool]:
        """Up to `BATCH_MESSAGES` that came within `BATCH_SECONDS` of the first, and whether more may follow."""
        batch: list[_Delivery] = []
        item = self._queue.get()
        deadline = time.monotonic() + BATCH_SECONDS
        while item is not None:
            batch.append(item)
            if len(batch) == BATCH_MESSAGES:
                return batch, True
            try:
                item = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return batch, True
        return batch, False

    def _take(self, batch: list[_Delivery]) -> None:
        heads = self._store.take([self._judge(message) for _, message in batch], utc_now())
        for connection, message in batch:
            connection.confirm(message)
        latest, _ = batch[-1]
        for head in heads:
            latest.publish(*acknowledgement(head, self._fleet, self._key))

    def _judge(self, message: MQTTMessage) -> Event | Report | Refused:
        topic = f"{PREFIX}/{self._fleet}/?"  # a name that is none is not recorded: it may be any text of any length
        try:
            parse_topic(message.topic, self._fleet)
            topic = message.topic
            return parse(topic, bytes(message.payload), self._fleet, message.retain)
        except UnicodeDecodeError:
            return Refused(topic, "topic: not UTF-8")
        except ContractError as error:
            return Refused(topic, str(error))
