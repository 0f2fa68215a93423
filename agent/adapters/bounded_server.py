"""A server of which its clients can hold only so much: connections, time, and bytes of a request's head.

Whoever reaches the port may be hostile: nothing is known of a client before its request is whole.
"""

import asyncio
import functools
import logging
import ssl
from collections.abc import Awaitable, Callable

from agent.errors import RequestError

log = logging.getLogger(__name__)

# TLS handshake, head and body. A till sends them at once: what takes time is a lost packet on a bad radio link.
READ_WITHIN_S = 10.0
# An answer fits into the kernel's buffer, unless the client does not read.
WRITE_WITHIN_S = 10.0
# How long the client gets to take its answer and hang up.
FAREWELL_S = 1.0
# Web servers commonly take 8 KiB; a till's library sends ten lines and a tenth of that.
LARGEST_HEAD = 8 * 1024
MOST_LINES = 64

_REFUSAL = b"HTTP/1.0 503 N/A\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\ntoo many connections\n"


class Connection:
    """One client's connection, with the calls by which Microdot reads and writes. `admit` is called once its request
    is whole and in order: from then on it may take its time, and gives way to no newer one.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, admit: Callable[[], object]) -> None:
        self.admit = admit
        self.local_host = str(writer.get_extra_info("sockname")[0])
        """The address of ours that the client reached."""
        self._reader = reader
        self._writer = writer
        self._deadline = asyncio.get_running_loop().time() + READ_WITHIN_S
        self._lines = 0
        self._bytes = 0

    async def shake_hands(self, tls: ssl.SSLContext) -> None:
        """Begin TLS. Raises OSError (ssl.SSLError and TimeoutError among them) when that fails."""
        async with asyncio.timeout_at(self._deadline):
            await self._writer.start_tls(tls)

    async def readline(self) -> bytes:
        """The next line of the head, with its end.

        Raises RequestError when the head is larger than allowed, TimeoutError when it is not there in time, EOFError
        when it ends early.
        """
        try:
            async with asyncio.timeout_at(self._deadline):
                line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise RequestError(f"the head of the request is larger than {LARGEST_HEAD} bytes") from error
        self._lines += 1
        self._bytes += len(line)
        if self._lines > MOST_LINES or self._bytes > LARGEST_HEAD:
            raise RequestError(f"the head of the request is larger than {MOST_LINES} lines or {LARGEST_HEAD} bytes")
        return line

    async def readexactly(self, size: int) -> bytes:
        """The next `size` bytes. Raises TimeoutError, EOFError, and ValueError for a negative size."""
        async with asyncio.timeout_at(self._deadline):
            return await self._reader.readexactly(size)

    async def awrite(self, data: bytes) -> None:
        """Send `data`. Raises OSError when the client has gone or does not read."""
        self._writer.write(data)
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                await self._writer.drain()
        except TimeoutError as error:  # Microdot looks at an OSError's first argument, which this one has not
            raise ConnectionAbortedError("the client does not read its answer") from error

    async def farewell(self) -> None:
        """Let the client read to the end, and pass over what it still sends: closed with bytes unread, a socket is
        reset, and the answer may be lost with it. Raises OSError when the client has gone or takes too long.
        """
        async with asyncio.timeout(FAREWELL_S):
            if self._writer.can_write_eof():
                self._writer.write_eof()
                while await self._reader.read(LARGEST_HEAD):
                    pass
            else:  # TLS, which passes over what comes in while it closes
                self._writer.close()
                await self._writer.wait_closed()


class BoundedServer:
    """Has `answer` serve each connection on `host`:`port`, over `tls` where given, and at most `most` at a time.

    When all are taken, the one that has been sending its request the longest gives way: tills send theirs at once, so
    that whoever ties up connections pushes off himself. When all wait for an answer, the new one is closed with a 503,
    or at once where there is TLS: a handshake would be work for nothing.
    """

    def __init__(
        self,
        answer: Callable[[Connection], Awaitable[None]],
        host: str,
        port: int,
        most: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.answer = answer
        self.host = host
        self.port = port
        self.most = most
        self.tls = tls
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        # Those that give way to a new one, in this order: they are sending their request, or have their answer.
        self._yielding: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        assert self._server is not None, "it was not started"
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    async def start(self) -> None:
        """Begin to listen. Raises OSError when the address cannot be had."""
        self._server = await asyncio.start_server(self._connected, self.host, self.port, limit=LARGEST_HEAD)

    def stop(self) -> None:
        """Stop listening; a request that is being answered comes to its end, one that is not whole does not."""
        if self._server is not None:
            self._server.close()
            self._server = None
        while self._make_room():
            pass

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client has come. asyncio calls this before it reads a byte from it."""
        if len(self._open) >= self.most and not self._make_room():
            self._refuse(writer)
            return
        if self.tls is not None:
            assert isinstance(writer.transport, asyncio.Transport)
            writer.transport.pause_reading()  # until TLS reads: nothing promises that its first step comes in time
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        self._yielding[task] = writer
        task.add_done_callback(self._forget)

    def _make_room(self) -> bool:
        """Drop a connection; False when all of them wait for an answer."""
        if not self._yielding:
            return False
        task, writer = next(iter(self._yielding.items()))
        self._forget(task)
        # Both: a task that is cancelled before its first step never comes to close anything.
        writer.transport.abort()
        task.cancel()
        return True

    def _refuse(self, writer: asyncio.StreamWriter) -> None:
        if self.tls is None:
            writer.write(_REFUSAL)
        writer.close()

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._open.discard(task)
        self._yielding.pop(task, None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            connection = Connection(reader, writer, functools.partial(self._yielding.pop, task, None))
            if self.tls is not None:
                await connection.shake_hands(self.tls)
            await self.answer(connection)
            self._yielding[task] = writer
            await connection.farewell()
        except (OSError, EOFError):
            pass  # it has gone, or was too slow: there is nobody to tell
        except Exception as error:  # noqa: BLE001 - whatever a client brings about stays with its connection
            log.error("a connection ended with %s", type(error).__name__)
        finally:
            writer.transport.abort()
