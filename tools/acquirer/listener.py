"""A listening socket whose connections end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """Runs `talk` for each connection and closes the connection after it."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._talking: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._server: asyncio.Server | None = None
        self._ended = False

    async def start_tcp(self, address: str, port: int) -> int:
        """Listen on `address`; port 0 takes a free one. Returns the port. Raises OSError."""
        server = await asyncio.start_server(self._serve, address, port)
        self._server = server
        taken: int = server.sockets[0].getsockname()[1]
        return taken

    async def start_unix(self, path: Path) -> None:
        """Listen at `path`, for the own user only. Raises OSError."""
        self._server = await asyncio.start_unix_server(self._serve, path)
        _keep_private(path)

    async def stop(self) -> None:
        """Close the socket and every connection, and wait for them."""
        if self._server is None:
            return
        self._ended = True
        self._server.close()
        for writer in self._talking:
            writer.close()
        await asyncio.gather(*(task for task in self._talking.values() if task))
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talking[writer] = asyncio.current_task()
        try:
            # A connection may be accepted just before the end and come here just after it.
            if not self._ended:
                await self._talk(reader, writer)
        finally:
            del self._talking[writer]
            writer.close()


def _keep_private(path: Path) -> None:
    path.chmod(0o600)
