"""Times the gate of a terminal: each line on standard input is a number of checks, answered with their nanoseconds."""

import asyncio
import json
import sys
import time
from pathlib import Path

from agent.binding.gate import Request
from agent.lifecycle import ACTIVE
from board.main.parts import Parts
from board.settings.file import load


async def serve(parts: Parts) -> None:
    """Start what the gate looks at, and check as often as is asked."""
    parts.state.keys.load()
    parts.hardware.gpio.start()
    await parts.hardware.inputs.start()
    for line in sys.stdin:  # nothing else is to run meanwhile
        print(json.dumps([_check(parts) for _ in range(int(line))]), flush=True)
    await parts.hardware.inputs.stop()
    parts.hardware.gpio.stop()


def _check(parts: Parts) -> int:
    request = Request(1250, "156")
    start = time.perf_counter_ns()
    verdict = parts.sale.gate.check(request, ACTIVE)
    took = time.perf_counter_ns() - start
    assert verdict.allowed, f"the gate refuses: {verdict.reason} {verdict.detail}"
    return took


if __name__ == "__main__":
    asyncio.run(serve(Parts(load(Path(sys.argv[1])))))
