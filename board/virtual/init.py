"""The first process of a virtual terminal: starts what is enabled, and does what `systemctl` asks for."""

import asyncio
import json
from pathlib import Path
from typing import Any

from board.virtual.lines import UnixServer
from board.virtual.systemctl import SOCKET
from board.virtual.tree import UNITS
from board.virtual.unit import Service, UnitError


class Init:
    """The services of the tree at `root`, by name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.services: dict[str, Service] = {}
        self._server = UnixServer(root / SOCKET, self._serve)
        self._starting: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen, and start what is enabled; a service that does not come up is not waited for."""
        await self._server.start()
        for path in sorted((self.root / UNITS).glob("*.service")):
            service = self.service(path.name)
            if service.enabled:
                self._begin(service)

    async def stop(self) -> None:
        """End every service, and listen no more."""
        for service in self.services.values():
            await service.stop()
        await self._server.stop()

    def service(self, name: str) -> Service:
        """The service of the unit `name`, which need not be there."""
        full = name if "." in name else f"{name}.service"
        return self.services.setdefault(full, Service(self.root, full))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(json.dumps(await self._answer(json.loads(line))).encode() + b"\n")
            await writer.drain()

    async def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        service, verb = self.service(str(asked["unit"])), asked["verb"]
        try:
            if verb in ("stop", "restart"):
                await service.stop()
            if verb in ("start", "restart"):
                await service.start() if asked["wait"] else self._begin(service)
            if verb in ("enable", "disable"):
                service.enable(verb == "enable")
        except UnitError as error:
            return {"error": str(error), "properties": dict(service.properties())}
        return {"properties": dict(service.properties())}

    def _begin(self, service: Service) -> None:
        """Have it start, whatever comes of it."""
        starting = asyncio.create_task(_tried(service))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)


async def _tried(service: Service) -> None:
    try:
        await service.start()
    except UnitError:
        return
