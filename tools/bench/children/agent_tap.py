"""The agent's way to a card: each line on standard input is one wait for a card, answered in two lines.

The first says that it waits now; the second when (monotonic clock, seconds) track 2 was in hand, and by which APDUs.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from board.main.parts import Parts
from board.settings.file import load


class Watch:
    """Notes the APDUs, and when the last answer was read: the card is let go then."""

    def __init__(self, parts: Parts) -> None:
        self.apdus: list[str] = []
        self.read_at = 0.0
        reader: Any = parts.hardware.reader
        transceive, release = reader.transceive, reader.release

        async def noted(apdu: bytes) -> bytes:
            self.apdus.append(apdu.hex())
            return bytes(await transceive(apdu))

        async def let_go() -> None:
            self.read_at = time.monotonic()
            await release()

        reader.transceive, reader.release = noted, let_go


async def serve(parts: Parts) -> None:
    """Read a card whenever that is asked."""
    watch = Watch(parts)
    parts.hardware.gpio.start()
    await parts.hardware.panel.start()
    await parts.sale.cards.start()
    loop = asyncio.get_running_loop()
    number = 0
    while await loop.run_in_executor(None, sys.stdin.readline):
        number += 1
        watch.apdus = []
        print(json.dumps("waiting"), flush=True)
        read = await parts.sale.cards.read(1250, "156", f"{number:06}", "Asia/Shanghai")
        assert read.track2
        print(json.dumps({"read_at": watch.read_at, "apdus": watch.apdus}), flush=True)
    await parts.sale.cards.stop()
    await parts.hardware.panel.stop()
    parts.hardware.gpio.stop()


if __name__ == "__main__":
    asyncio.run(serve(Parts(load(Path(sys.argv[1])))))
