"""The proxy's TCP side: takes connections, opens one to the server for each, and lets two pumps carry between them."""

import asyncio
import contextlib
import logging

import msgspec

from tools.acquirer.listener import Listener
from tools.proxy.errors import ProxyError
from tools.proxy.faults import DIRECTIONS, TO_CLIENT, TO_SERVER, Fault, HalfOpen
from tools.proxy.lane import Lane
from tools.proxy.pump import CutError, Pump

log = logging.getLogger(__name__)


class Proxy:
    """Forwards to `host`:`port`. `lanes` are the two directions, `half_opened` counts connections that lead nowhere."""

    def __init__(self, host: str, port: int) -> None:
        self.lanes = {direction: Lane() for direction in DIRECTIONS}
        self.half_opened = 0
        self._host = host
        self._port = port
        self._half_open: list[HalfOpen] = []
        self._open: set[asyncio.Task[None]] = set()
        self._listener = Listener(self._talk)

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._open)

    @property
    def pending(self) -> list[HalfOpen | Fault]:
        """The faults that are still to happen."""
        return [*self._half_open, *(fault for lane in self.lanes.values() for fault in lane.pending)]

    async def start(self, address: str, port: int) -> int:
        """Listen on `address`; port 0 takes a free one. Returns the port. Raises ProxyError."""
        try:
            return await self._listener.start_tcp(address, port)
        except OSError as error:
            raise ProxyError(f"cannot listen on {address} port {port}: {error.strerror}; name another port") from error

    async def stop(self) -> None:
        """Close the port and every connection; what is delayed is lost."""
        await self.hang_up()
        await self._listener.stop()

    def order(self, fault: HalfOpen | Fault) -> None:
        """Let `fault` happen when its turn comes."""
        if isinstance(fault, HalfOpen):
            self._half_open.append(msgspec.structs.replace(fault))  # ours: it is counted down
        else:
            self.lanes[fault.direction].order(fault)

    async def hang_up(self) -> None:
        """End every connection on both sides."""
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)

    def reset(self) -> None:
        """Forget the faults, the frames kept and the counts; connections stay."""
        self._half_open.clear()
        self.half_opened = 0
        for lane in self.lanes.values():
            lane.clear()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client in a task of its own, which can be ended without the listener's."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        await asyncio.wait([task])
        self._open.discard(task)
        if not task.cancelled():
            task.result()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_half_open():
            with contextlib.suppress(OSError):
                while await reader.read(65_536):
                    pass
            return
        try:
            server_reader, server_writer = await asyncio.open_connection(self._host, self._port)
        except OSError as error:
            log.warning("no connection to %s:%d: %s", self._host, self._port, error)
            return
        try:
            await self._carry((reader, writer), (server_reader, server_writer))
        finally:
            server_writer.close()

    async def _carry(self, client: "_Side", server: "_Side") -> None:
        pumps = (Pump(self.lanes[TO_SERVER], client[0], server[1]), Pump(self.lanes[TO_CLIENT], server[0], client[1]))
        try:
            async with asyncio.TaskGroup() as both:
                for pump in pumps:
                    both.create_task(_until_it_breaks(pump))
        except* CutError:
            log.info("cut")

    def _is_half_open(self) -> bool:
        if not self._half_open:
            return False
        fault = self._half_open[0]
        if fault.skip:
            fault.skip -= 1
            return False
        fault.times -= 1
        if not fault.times:
            self._half_open.pop(0)
        self.half_opened += 1
        return True


_Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _until_it_breaks(pump: Pump) -> None:
    """A side that breaks ends what goes to it or comes from it; what is on its way to the other side still arrives."""
    try:
        await pump.run()
    except OSError as error:
        log.info("a connection broke: %s", error)
