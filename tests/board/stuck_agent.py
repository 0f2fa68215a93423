"""The agent, one part of which gets stuck at SIGUSR1 and stays so."""

import argparse
import asyncio
import signal
import threading
import time
from pathlib import Path

from board.main import run
from board.main.parts import Parts
from board.settings.file import load

LONG_S = 3600


async def never() -> None:
    """Wait for something that does not happen."""
    await asyncio.Event().wait()


def stick(parts: Parts, part: str) -> None:
    """Have `part` hang from here on."""
    if part == "reader":
        executor = parts.hardware.reader._executor
        assert executor is not None
        executor.submit(threading.Event().wait)
    elif part == "outbox":
        parts.fleet.reporter.delivery.send = never  # type: ignore[method-assign]
    else:
        time.sleep(LONG_S)


async def main() -> None:
    """Run the agent until the signal, and on with what is left of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--stuck", choices=("reader", "outbox", "loop"), required=True)
    chosen = parser.parse_args()
    parts = Parts(load(chosen.settings))
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stick, parts, chosen.stuck)
    await run(parts)


if __name__ == "__main__":
    asyncio.run(main())
