"""The simulated acquirer as one process: its parts put together, its line when ready, its end on a signal."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from tools.acquirer.behaviours import Plan
from tools.acquirer.control import SOCKET_NAME, Control
from tools.acquirer.host import Host
from tools.acquirer.ledger import Ledger
from tools.acquirer.server import Server
from tools.acquirer.terminals import Terminals
from tools.errors import AcquirerSimulatorError

LEDGER_NAME = "ledger.sqlite"
LOOPBACK = "127.0.0.1"


def run(directory: Path, terminals: Path, address: str = LOOPBACK, port: int = 0) -> None:
    """Serve until SIGTERM or SIGINT; prints one JSON line when ready. Raises AcquirerSimulatorError.

    `directory` is created when it is missing; control socket and ledger live in it. `terminals` is a TOML file.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    known = Terminals.load(terminals)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise AcquirerSimulatorError(f"cannot use the directory {directory}: {error.strerror}") from error
    asyncio.run(_serve(directory, known, address, port))


async def _serve(directory: Path, terminals: Terminals, address: str, port: int) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    ledger = Ledger(directory / LEDGER_NAME)
    plan = Plan()
    host = Host(terminals, ledger)
    server = Server(host, plan, ledger)
    control = Control(directory / SOCKET_NAME, host, plan, ledger, server)
    async with AsyncExitStack() as parts:
        parts.callback(ledger.stop)
        ledger.start()
        parts.push_async_callback(control.stop)
        await control.start()
        parts.push_async_callback(server.stop)
        taken = await server.start(address, port)
        ready = {"host": address, "port": taken, "control": str(control.path), "ledger": str(ledger.path)}
        print(json.dumps(ready), flush=True)
        await ended.wait()
