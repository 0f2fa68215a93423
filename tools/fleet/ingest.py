"""The one writer: it takes what connections deliver, stores it in batches, and only then lets go of it.

Order matters: commit, then PUBACK to the broker, then the signed acknowledgement to the terminal. A crash between any
two of them only makes somebody send again what is stored already.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

from agent.report.topics import EVENT, PREFIX
from tools.fleet.acks import DueHeads, acknowledgements
from tools.fleet.checkpoints import Checkpoints
from tools.fleet.contract import Event, Report, parse, parse_topic
from tools.fleet.delivery import Message, Source
from tools.fleet.dispatch import LOOK_SECONDS, Dispatch
from tools.fleet.errors import ContractError
from tools.fleet.letter import Letter
from tools.fleet.proofs import Proofs
from tools.fleet.signers import Signers
from tools.fleet.store import Refused, Store
from tools.fleet.times import utc_now
from tools.fleet.waiting import Waiting

# Of a backlog: each terminal's rows are written, and its acknowledgement signed, once a batch.
BATCH_MESSAGES = 2_000
BATCH_SECONDS = 0.002
# The broker bounds what it sends unacknowledged at QoS 1; only QoS 0 could fill the memory, and vitals may go missing.
LONGEST_QUEUE = 20_000

_Delivery = tuple[Source, Message]


class Ingest:
    """Writes to `store` in a thread of its own; calls `on_end` when that thread ends, whatever ended it.

    One of a backend's several has no `dispatch`: it takes events only.
    """

    def __init__(
        self,
        store: Store,
        fleet: str,
        signers: Signers,
        checkpoints: Checkpoints,
        dispatch: Dispatch | None,
        on_end: Callable[[], None],
    ) -> None:
        self._store = store
        self._fleet = fleet
        self._signers = signers
        self._checkpoints = checkpoints
        self._proofs = Proofs(fleet, signers, checkpoints)
        self._dispatch = dispatch
        self._on_end = on_end
        # A name that is none is not recorded: it may be any text of any length.
        self._nameless = f"{PREFIX}/{fleet}/?"
        self._waiting = Waiting(fleet)
        self._due = DueHeads()
        self._out: Source | None = None
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

    def deliver(self, source: Source, message: Message) -> None:
        """Queue one message; from any thread, and never waiting."""
        if not self._waiting.admits(message):
            source.confirm([message])
        elif message.qos or self._queue.qsize() < LONGEST_QUEUE:
            self._queue.put((source, message))
        else:
            self._waiting.taken([message])

    def use(self, out: Source) -> None:
        """Send over `out` from now on; from any thread."""
        self._out = out

    def _write(self) -> None:
        try:
            more = True
            while more:
                batch, more = self._next_batch()
                self._take(batch)
        finally:
            self._on_end()

    def _next_batch(self) -> tuple[list[_Delivery], bool]:
        """Up to `BATCH_MESSAGES` that came within `BATCH_SECONDS` of the first, and whether more may follow.

        Without any it is empty after `LOOK_SECONDS`: orders may have come meanwhile.
        """
        batch: list[_Delivery] = []
        deadline = time.monotonic() + LOOK_SECONDS
        while len(batch) < BATCH_MESSAGES:
            try:
                item = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return batch, True
            if item is None:
                return batch, False
            if not batch:
                deadline = time.monotonic() + BATCH_SECONDS
            batch.append(item)
        return batch, True

    def _take(self, batch: list[_Delivery]) -> None:
        self._waiting.taken(message for _, message in batch)
        messages = [*(self._judge(message) for _, message in batch), *self._waiting.turned_away()]
        if messages:
            now = utc_now()
            events = [message for message in messages if isinstance(message, Event)]
            heads = self._store.take(messages, now, self._checkpoints.alarms(events, now), self._proofs.prove)
            _confirm(batch)
            for head in heads:
                self._due.add(head)
        if self._dispatch is not None:
            self._dispatch.watch(utc_now())
        if self._out is None:
            return
        letters = self._acknowledge()
        if self._dispatch is not None:
            greeted = {report.terminal for report in messages if isinstance(report, Report) and report.greeting}
            letters += self._dispatch.due(utc_now(), greeted)
        for letter in letters:
            self._out.publish(letter.topic, letter.payload, letter.retain)

    def _acknowledge(self) -> list[Letter]:
        """What is due of acknowledgements: all at once when nothing waits to be stored."""
        heads = self._due.taken(at_once=self._queue.empty())
        keys = self._store.keys_for(self._signers, {head.terminal for head in heads}) if heads else {}
        return [letter for head in heads for letter in acknowledgements(head, self._fleet, keys[head.terminal])]

    def _judge(self, message: Message) -> Event | Report | Refused:
        try:
            return parse(message.topic, bytes(message.payload), self._fleet, message.retain)
        except UnicodeDecodeError:
            return Refused(self._nameless, "topic: not UTF-8")
        except ContractError as error:
            return self._refused(message.topic, str(error))

    def _refused(self, topic: str, why: str) -> Refused:
        """The message on `topic` is refused; only what is known to be a topic of ours is recorded."""
        try:
            terminal, channel = parse_topic(topic, self._fleet)
        except ContractError:
            return Refused(self._nameless, why)
        return Refused(f"{PREFIX}/{self._fleet}/{terminal}/{channel}", why, terminal, holds_up=channel == EVENT)


def _confirm(batch: list[_Delivery]) -> None:
    delivered: dict[Source, list[Message]] = {}
    for source, message in batch:
        delivered.setdefault(source, []).append(message)
    for source, messages in delivered.items():
        source.confirm(messages)
