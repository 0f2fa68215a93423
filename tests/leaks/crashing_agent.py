"""The agent, made to fail in the worst moment: the card is read, its data in memory, the message about to leave.

`--crash raise` raises an exception of a foreign library through the sale, with all that it can see in its text;
`--crash abort` ends the process by SIGABRT, with Python's own dump of every thread.
"""

import argparse
import asyncio
import faulthandler
import os
from pathlib import Path

from agent.messages import Message
from board.main import run
from board.main.parts import Parts
from board.settings.file import load


def main() -> None:
    """Run the agent until its first sale."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--crash", choices=("raise", "abort"), required=True)
    chosen = parser.parse_args()
    faulthandler.enable()
    parts = Parts(load(chosen.settings))

    async def fail(sale: str, request: Message, answer_mti: str, zone: str) -> Message:
        if chosen.crash == "abort":
            os.abort()
        raise RuntimeError(f"no luck with {request!r} of {sale}, {answer_mti}, {zone}")

    parts.sale.exchange.ask = fail  # type: ignore[method-assign]
    asyncio.run(run(parts))


if __name__ == "__main__":
    main()
