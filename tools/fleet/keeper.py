"""Keeps a connection to the broker: when one ends, another is made to the next node, after a wait that grows."""

import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum, auto
from queue import Empty, SimpleQueue
from typing import NoReturn, Protocol

from agent.backoff import Backoff
from tools.fleet.delivery import Source
from tools.fleet.errors import LinkError

RECONNECT_BASE_MS = 250
# There is one backend, and not far from its broker; terminals that are back already wait for it.
RECONNECT_CAP_MS = 3_000
STABLE_SECONDS = 30.0

log = logging.getLogger("jumpguard.fleet")


class News(Enum):
    """What a connection tells its owner."""

    SUBSCRIBED = auto()
    ENDED = auto()


class Kept(Source, Protocol):
    """One connection, from its opening to its end."""

    begins_within_s: float
    """How long it may be open before something is told."""
    silence: str
    """What it means when nothing is told by then."""
    ending: str
    """What it means when it ends by itself."""

    def open(self) -> None:
        """Connect; `SUBSCRIBED` is told later, or `ENDED`. Raises LinkError when the broker cannot be reached."""

    def close(self) -> None:
        """End it, once what was queued has been sent; harmless when it has ended."""


# Tells the news of a connection; from any thread.
Tell = Callable[[Kept, News], None]
# Makes a connection that is not opened yet.
Maker = Callable[[Tell], Kept]


class Keeper:
    """Opens what `makers` make, one for each node, in turn: `on_up` gets each connection that begins, then `on_down`.

    It works in a thread of its own; `on_end` is called when that ends, whatever ended it.
    """

    def __init__(
        self,
        makers: Sequence[Maker],
        on_up: Callable[[Kept], None],
        on_end: Callable[[], None],
        on_down: Callable[[], None] = lambda: None,
    ) -> None:
        self._makers = makers
        self._on_up = on_up
        self._on_end = on_end
        self._on_down = on_down
        self._backoff = Backoff(RECONNECT_BASE_MS, RECONNECT_CAP_MS)
        self._said: set[str] = set()
        self._mail: SimpleQueue[tuple[Kept, News] | None] = SimpleQueue()
        self._executor = ThreadPoolExecutor(1, "fleet-keeper")
        self._keeping: Future[None] | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._keeping = self._executor.submit(self._keep)

    def stop(self) -> None:
        """Close the connection that there is; harmless when it has ended. Raises whatever ended it before."""
        self._mail.put(None)
        self._executor.shutdown()
        if self._keeping is not None:
            self._keeping.result()

    def _keep(self) -> None:
        try:
            with contextlib.suppress(_Stopped):
                self._connect()
        finally:
            self._on_end()

    def _connect(self) -> NoReturn:
        """One connection after the other, with a wait when all nodes had a turn. Raises _Stopped."""
        for turn, make in enumerate(itertools.cycle(self._makers), 1):
            connection = make(lambda source, news: self._mail.put((source, news)))
            try:
                connection.open()
                self._hold(connection)
            except LinkError as error:
                self._say(str(error))
            finally:
                connection.close()
            whole_round = turn % len(self._makers) == 0
            self._hear(None, self._backoff.next_ms() / 1000 if whole_round else 0)
        raise AssertionError("a broker without nodes")

    def _hold(self, connection: Kept) -> None:
        """Keep `connection` until it ends. Raises LinkError then, and _Stopped."""
        news = self._hear(connection, connection.begins_within_s)
        if news is not News.SUBSCRIBED:
            raise LinkError(connection.silence if news is None else connection.ending)
        began = time.monotonic()
        self._on_up(connection)
        try:
            self._hear(connection, None)
        finally:
            self._on_down()
        if time.monotonic() - began > STABLE_SECONDS:
            self._backoff.reset()
            self._said.clear()
        raise LinkError(connection.ending)

    def _say(self, fault: str) -> None:
        """Log `fault`, once for as long as no connection held."""
        if fault not in self._said:
            self._said.add(fault)
            log.warning("%s", fault)

    def _hear(self, source: Kept | None, seconds: float | None) -> News | None:
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


class _Stopped(Exception):  # noqa: N818 - not an error
    """`stop` was called."""
