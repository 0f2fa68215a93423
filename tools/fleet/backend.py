"""The fleet backend: one store, one writer, and one connection to the broker after the other."""

import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NoReturn

from agent.backoff import Backoff
from provisioning.authority import Authority
from provisioning.keys import SigningKey
from tools.fleet.contract import check_name
from tools.fleet.errors import LinkError, OrderError
from tools.fleet.ingest import Ingest
from tools.fleet.link import Broker, Connection, News
from tools.fleet.renewals import Renewals
from tools.fleet.store import Store

RECONNECT_BASE_MS = 250
RECONNECT_CAP_MS = 15_000
STABLE_SECONDS = 30.0
SUBSCRIBE_SECONDS = 15.0

log = logging.getLogger("jumpguard.fleet")


@dataclass(frozen=True, slots=True)
class Options:
    """Where the backend's store lives, which broker's nodes and fleet it serves, and the key that it signs with.

    With `authority` it renews the terminals' certificates, and tells the brokers in `broker_folders` of them.
    """

    directory: Path
    brokers: Sequence[Broker]
    fleet: str
    key: SigningKey
    authority: Authority | None = None
    broker_folders: Sequence[Path] = ()


class Backend:
    """Takes the fleet's events until it is stopped. `on_ready` gets the store's path at the first subscription."""

    def __init__(self, options: Options, on_ready: Callable[[Path], None]) -> None:
        self._options = options
        self._on_ready = on_ready
        self._is_ready = False
        self._store = Store(options.directory)
        renewals = Renewals(options.authority, options.broker_folders)
        self._ingest = Ingest(self._store, options.fleet, options.key, renewals, self.stop)
        self._backoff = Backoff(RECONNECT_BASE_MS, RECONNECT_CAP_MS)
        # A queue rather than an Event: its `put` is reentrant, so that a signal handler may call `stop`.
        self._mail: SimpleQueue[tuple[Connection, News] | None] = SimpleQueue()

    def stop(self) -> None:
        """Have `run` return; from any thread or a signal handler."""
        self._mail.put(None)

    def run(self) -> None:
        """Serve until `stop`. Raises FleetError when the fleet's name is none, or the store fails."""
        options = self._options
        check_name(options.fleet)
        if options.authority is not None and options.authority.fleet != options.fleet:
            raise OrderError(f"authority: it is for fleet {options.authority.fleet}, not for {options.fleet}")
        self._store.start()
        self._ingest.start()
        try:
            with contextlib.suppress(_Stopped):
                self._serve()
        finally:
            try:
                self._ingest.stop()
            finally:
                self._store.stop()

    def _serve(self) -> NoReturn:
        """One connection after the other, each to the next node, with a wait when all had a turn. Raises _Stopped."""
        options = self._options
        for turn, broker in enumerate(itertools.cycle(options.brokers), 1):
            connection = Connection(broker, options.fleet, _client_id(options), self._ingest.deliver, self._tell)
            try:
                connection.open()
                self._hold(connection)
            except LinkError as error:
                log.warning("%s", error)
            whole_round = turn % len(options.brokers) == 0
            self._hear(None, self._backoff.next_ms() / 1000 if whole_round else 0)
        raise AssertionError("a broker without nodes")

    def _hold(self, connection: Connection) -> None:
        """Keep `connection` until it ends. Raises LinkError then, and _Stopped."""
        try:
            if self._hear(connection, SUBSCRIBE_SECONDS) is not News.SUBSCRIBED:
                raise LinkError("broker: the session did not begin")
            began = time.monotonic()
            self._ingest.use(connection)
            if not self._is_ready:
                self._is_ready = True
                self._on_ready(self._store.path)
            self._hear(connection, None)
            if time.monotonic() - began > STABLE_SECONDS:
                self._backoff.reset()
            raise LinkError("broker: the connection ended")
        except _Stopped:
            self._ingest.stop()  # what it stores now is still confirmed on this connection
            raise
        finally:
            connection.close()

    def _hear(self, source: Connection | None, seconds: float | None) -> News | None:
        """The next news of `source`, None after `seconds`. Raises _Stopped."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                mail = self._mail.get(timeout=left)
            except Empty:
                return None
            if mail is None:
                raise _Stopped
            if mail[0] is source:
                return mail[1]

    def _tell(self, connection: Connection, news: News) -> None:
        self._mail.put((connection, news))


def _client_id(options: Options) -> str:
    """The same at each start, so that the broker keeps what comes meanwhile; and nobody else's to guess.

    A broker ends the older of two connections of one client id. nats-server does so whatever their certificates say.
    """
    return f"jumpguard-backend-{options.fleet}-{options.key.sign('MQTT client id')[:16]}"


class _Stopped(Exception):  # noqa: N818 - not an error
    """`stop` was called."""
