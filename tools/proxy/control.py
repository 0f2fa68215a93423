"""The control socket of the fault proxy: one JSON object a line in, one out.

* `{"do": "fault", "fault": ..., ...}` orders a fault (see `faults`);
* `{"do": "status"}` returns what is `pending`, how often something `happened`, the `connections` that are open, and the
  lengths of the `frames` seen last;
* `{"do": "hang_up"}` ends every connection;
* `{"do": "reset"}` forgets faults, frames kept and counts.

Every reply has `ok`; a refusal has `error`.
"""

import asyncio
import json
from pathlib import Path

import msgspec

from tools.acquirer.listener import Listener
from tools.proxy.errors import ProxyError
from tools.proxy.faults import parse
from tools.proxy.server import Proxy

SOCKET_NAME = "control.sock"
Json = dict[str, object]


class Control:
    """Serves the control socket at `path`."""

    def __init__(self, path: Path, proxy: Proxy) -> None:
        self.path = path
        self._proxy = proxy
        self._listener = Listener(self._talk)
        self._is_ours = False

    async def start(self) -> None:
        """Listen, for the own user only. Raises ProxyError when another process has the socket."""
        if await _is_served(self.path):
            raise ProxyError(f"another proxy runs in {self.path.parent}; end it or name another directory")
        try:
            await self._listener.start_unix(self.path)
        except OSError as error:
            raise ProxyError(f"cannot listen on {self.path}: {error}; a shorter path may help") from error
        self._is_ours = True

    async def stop(self) -> None:
        """Close and remove the socket."""
        await self._listener.stop()
        if self._is_ours:
            self.path.unlink(missing_ok=True)
            self._is_ours = False

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._reply(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            # The client left, or sent a line beyond the stream's limit: neither has anybody to tell.
            return

    async def _reply(self, line: bytes) -> Json:
        try:
            return {"ok": True, **await self._do(json.loads(line))}
        except ProxyError as error:
            return {"ok": False, "error": str(error)}
        except ValueError as error:
            return {"ok": False, "error": f"the line is not JSON: {error}"}

    async def _do(self, request: object) -> Json:
        if not isinstance(request, dict):
            raise ProxyError("a request is a JSON object with the key do")
        match request.get("do"):
            case "fault":
                self._proxy.order(parse({key: value for key, value in request.items() if key != "do"}))
                return {}
            case "status":
                return self._status()
            case "hang_up":
                await self._proxy.hang_up()
                return {}
            case "reset":
                self._proxy.reset()
                return {}
        raise ProxyError(f"cannot do {request.get('do')!r}; it is fault, status, hang_up or reset")

    def _status(self) -> Json:
        lanes = self._proxy.lanes
        return {
            "pending": msgspec.to_builtins(self._proxy.pending),
            "happened": sum(lane.happened for lane in lanes.values()) + self._proxy.half_opened,
            "connections": self._proxy.connections,
            "frames": {direction: list(lane.frames) for direction, lane in lanes.items()},
        }


async def _is_served(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    return True
