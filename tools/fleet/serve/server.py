"""The web server of the pages, in this process."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from tools.brokers.nodes import endpoint
from tools.fleet.errors import FleetError

_LOOK_S = 0.5
# A page keeps a connection for as long as it is open.
_LAST_WORDS_S = 1
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class AddressError(FleetError):
    """The pages cannot be served where they should."""


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to Server, which knows SIGHUP as well."""
        yield


class Server:
    """Serves `app` at `host` and `port`, 0 for a free one, until a signal comes or `check` raises."""

    def __init__(self, app: FastAPI, host: str, port: int, check: Callable[[], None]) -> None:
        self._check = check
        self._socket = _listen(host, port)
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=_LAST_WORDS_S
        )
        self._server = _Uvicorn(config)

    def run(self, on_ready: Callable[[], None]) -> None:
        """Serve; `on_ready` is called once it answers. Raises what `check` raised."""
        for number in _SIGNALS:
            signal.signal(number, self._stop)
        asyncio.run(self._run(on_ready))

    def _stop(self, _number: int, _frame: object) -> None:
        self._server.should_exit = True

    async def _run(self, on_ready: Callable[[], None]) -> None:
        watching = asyncio.create_task(self._watch(on_ready))
        await self._server.serve(sockets=[self._socket])
        if watching.done():
            watching.result()
        watching.cancel()

    async def _watch(self, on_ready: Callable[[], None]) -> None:
        said = False
        try:
            while True:
                if self._server.started and not said:
                    said = True
                    on_ready()
                self._check()
                await asyncio.sleep(_LOOK_S if said else 0.02)
        finally:
            self._server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, reuse_port=False)
    except OSError as error:
        where = endpoint(host, port)
        raise AddressError(
            f"pages: {where} is not to be had ({error.strerror}); give another --host or --port"
        ) from error
