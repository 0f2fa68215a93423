"""The simulated acquirer's TCP side: connections, frames, and what is refused without an answer."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter

from tools.acquirer import wire
from tools.acquirer.behaviours import Behaviour, Cut, DropRequest, HostRequest, Plan
from tools.acquirer.delivery import Answer, Delivery
from tools.acquirer.frame import Frame, read_frame
from tools.acquirer.host import Host
from tools.acquirer.ledger import Ledger
from tools.acquirer.listener import Listener
from tools.errors import AcquirerSimulatorError, WireError

_log = logging.getLogger(__name__)


class Server:
    """Listens for terminals. `malformed` counts what was refused unanswered, by reason."""

    def __init__(self, host: Host, plan: Plan, ledger: Ledger) -> None:
        self.malformed: Counter[str] = Counter()
        self._host = host
        self._plan = plan
        self._ledger = ledger
        self._delivery = Delivery(ledger)
        self._listener = Listener(self._talk)

    async def start(self, address: str, port: int) -> int:
        """Listen on `address`; port 0 takes a free one. Returns the port. Raises AcquirerSimulatorError."""
        try:
            return await self._listener.start_tcp(address, port)
        except OSError as error:
            raise AcquirerSimulatorError(f"cannot listen on {address} port {port}: {error.strerror}") from error

    async def stop(self) -> None:
        """Close the port and every connection; answers that have not left never will."""
        self._delivery.clear()
        await self._listener.stop()

    def reset(self) -> None:
        """Forget answers that have not left, and the counts."""
        self._delivery.clear()
        self.malformed.clear()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while frame := await read_frame(reader):
                self._handle(frame, writer)
                await writer.drain()
        except WireError as error:
            self.malformed[error.reason] += 1
            _log.warning("refused without an answer (%s): %s", error.reason, error)
        except sqlite3.Error as error:
            _log.error("a message stays unanswered, because the ledger cannot be written: %s", error)
        except OSError as error:
            _log.info("a connection broke: %s", error)

    def _handle(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        request = wire.decode(frame.message)
        if not self._host.knows(request.mti):
            raise WireError("unknown_mti", f"messages of type {request.mti} are not answered here")
        behaviour = self._plan.take(request.mti)
        number = self._ledger.record("in", request, "" if behaviour.name == "approve" else f"({behaviour.name})")
        match behaviour:
            case DropRequest():
                return
            case Cut(when="before_booking"):
                writer.close()
            case _:
                self._delivery.deliver(self._answer(request, frame, behaviour, number), writer, behaviour)

    def _answer(self, request: wire.Message, frame: Frame, behaviour: Behaviour, number: int) -> Answer:
        tid = request.text(41)
        message = self._host.answer(request, frame.message, behaviour, number)
        sealed = self._host.seal(message, tid, behaviour)
        asked = behaviour.request if isinstance(behaviour, HostRequest) else 0
        return Answer(tid, message, frame.reply(sealed, asked).to_bytes())
