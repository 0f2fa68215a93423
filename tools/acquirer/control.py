"""The control socket of the simulated acquirer: one JSON object a line in, one out.

* `{"do": "behave", "behaviour": ..., ...}` orders a behaviour (see `behaviours`);
* `{"do": "ledger"}` and `{"do": "messages"}` return the `rows`;
* `{"do": "status"}` returns the orders that are left, who is signed on, and the counts of malformed input;
* `{"do": "reset"}` forgets orders, held answers and counts; with `"ledger": true` the rows as well. Keys stay.

Every reply has `ok`; a refusal has `error`.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec

from tools.acquirer.behaviours import Plan, parse
from tools.acquirer.host import Host
from tools.acquirer.ledger import Ledger
from tools.acquirer.listener import Listener
from tools.acquirer.server import Server
from tools.errors import AcquirerSimulatorError, ControlError

SOCKET_NAME = "control.sock"
Json = dict[str, object]


class Control:
    """Serves the control socket at `path`."""

    def __init__(self, path: Path, host: Host, plan: Plan, ledger: Ledger, server: Server) -> None:
        self.path = path
        self._host = host
        self._plan = plan
        self._ledger = ledger
        self._server = server
        self._listener = Listener(self._talk)
        self._is_ours = False

    async def start(self) -> None:
        """Listen, for the own user only. Raises AcquirerSimulatorError when another process has the socket."""
        if await _is_served(self.path):
            raise AcquirerSimulatorError(
                f"another acquirer runs in {self.path.parent}; end it or name another directory"
            )
        try:
            await self._listener.start_unix(self.path)
        except OSError as error:
            raise AcquirerSimulatorError(f"cannot listen on {self.path}: {error}; a shorter path may help") from error
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
                writer.write(json.dumps(self._reply(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            # The client left, or sent a line beyond the stream's limit: neither has anybody to tell.
            return

    def _reply(self, line: bytes) -> Json:
        try:
            request = json.loads(line)
        except ValueError as error:
            return {"ok": False, "error": f"the line is not JSON: {error}"}
        try:
            return {"ok": True, **self._do(request)}
        except AcquirerSimulatorError as error:
            return {"ok": False, "error": str(error)}

    def _do(self, request: object) -> Json:
        if not isinstance(request, dict):
            raise ControlError("a request is a JSON object with the key do")
        rest = {key: value for key, value in request.items() if key != "do"}
        match request.get("do"):
            case "behave":
                self._plan.order(parse(rest))
                return {}
            case "ledger":
                return {"rows": self._ledger.charges()}
            case "messages":
                return {"rows": self._ledger.messages()}
            case "status":
                return self._status()
            case "reset":
                return self._reset(rest)
        raise ControlError(f"cannot do {request.get('do')!r}; it is behave, ledger, messages, status or reset")

    def _status(self) -> Json:
        return {
            "behaviours": msgspec.to_builtins(self._plan.pending()),
            "signed_on": self._host.signed_on(),
            "malformed": dict(self._server.malformed),
        }

    def _reset(self, options: Json) -> Json:
        unknown = sorted(options.keys() - {"ledger"})
        if unknown or not isinstance(options.get("ledger", False), bool):
            raise ControlError(f"reset takes only the key ledger, true or false, not {unknown or options}")
        self._plan.clear()
        self._server.reset()
        if options.get("ledger"):
            self._ledger.clear()
        return {}


async def _is_served(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    return True
