"""One TCP connection to the acquirer, which fills an inbox.

A protocol rather than asyncio's streams: what arrived stays readable after the connection broke, a reader that gives up
waiting loses nothing, and that the acquirer hung up is known before the next message is written.
"""

import asyncio
import socket

from agent.adapters.iso8583.frame import Inbox
from agent.errors import AcquirerLostError, AcquirerUnreachableError

# An acquirer that sends faster than the core reads is stopped by TCP here.
_INBOX_LIMIT = 65_536

# A connection that died silently (a router forgot it, a cable came out) is found while idle, and not by a sale whose
# outcome is unknown then: probes after 30 s, and at most 20 s for anything sent to be confirmed.
_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000),
)


class Connection(asyncio.Protocol):
    """A connection from `connect` until it ends; `inbox` outlives it."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._changed = asyncio.Event()
        self._closed = asyncio.Event()
        self._ended = ""

    @property
    def is_open(self) -> bool:
        """Whether neither side has ended the connection, as far as is known."""
        return not self._ended and not self.transport.is_closing()

    def write(self, frame: bytes) -> None:
        """Hand `frame` to the system. Raises AcquirerLostError when the connection breaks over it."""
        self.transport.write(frame)
        if not self.is_open:
            raise AcquirerLostError("the connection to the acquirer broke while a message was sent")

    async def frame(self) -> bytes:
        """The next frame, waiting for it. Raises AcquirerLostError when none will come any more."""
        while not self._inbox:
            if self._ended:
                raise AcquirerLostError(self._ended)
            self._changed.clear()
            await self._changed.wait()
        frame = self._inbox.take()
        if self._inbox.size < _INBOX_LIMIT:
            self.transport.resume_reading()
        return frame

    async def close(self) -> None:
        """End the connection now; what the system has not taken yet is not sent any more."""
        self._end("the connection to the acquirer was closed here")
        self.transport.abort()
        await self._closed.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio.Protocol)."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Put `data` into the inbox; a length that cannot be true ends the connection (asyncio.Protocol)."""
        try:
            self._inbox.feed(data)
        except AcquirerLostError as error:
            self._end(str(error))
            self.transport.abort()
        if self._inbox.size >= _INBOX_LIMIT:
            self.transport.pause_reading()
        self._changed.set()

    def eof_received(self) -> None:
        """Note that the acquirer hung up; the transport then closes itself (asyncio.Protocol)."""
        where = f" within a frame, after {self._inbox.partial} bytes of it" if self._inbox.partial else ""
        self._end(f"the acquirer ended the connection{where}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end, for whatever reason (asyncio.Protocol)."""
        self._end(f"the connection to the acquirer broke: {exc}" if exc else "the connection to the acquirer ended")
        self._closed.set()

    def _end(self, reason: str) -> None:
        self._ended = self._ended or reason
        self._changed.set()


async def connect(host: str, port: int, inbox: Inbox, timeout_ms: int) -> Connection:
    """Open a connection within `timeout_ms`. Raises AcquirerUnreachableError: no name, no route, refused, too late."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            transport, connection = await loop.create_connection(lambda: Connection(inbox), host, port)
        for level, option, value in _KEEP_ALIVE:
            transport.get_extra_info("socket").setsockopt(level, option, value)
    except TimeoutError:
        raise AcquirerUnreachableError(f"no connection to {host}:{port} within {timeout_ms} ms") from None
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
        raise AcquirerUnreachableError(f"no connection to {host}:{port}: {error}") from None
    return connection
