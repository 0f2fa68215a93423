"""The agent as `board.main` puts it together, open to strace, and with `--times` with stopwatches at its ports."""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from agent.sale.counter import SaleRequest
from agent.sale.outcome import Outcome
from board.main import run
from board.main.parts import Parts
from board.settings.file import load

PAY, CARD, ACQUIRER, GATE, LIGHTS = "pay", "card", "acquirer", "gate", "lights"
COMMITS, LOOKUPS = "commits", "lookups"

Asking = Callable[..., Coroutine[Any, Any, Any]]


class Stopwatches:
    """Time in nanoseconds, by where it was spent; one line in `path` for each sale."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._spent: Counter[str] = Counter()

    def attach(self, parts: Parts) -> None:
        """Put one at each port that waits for somebody else, and at each part whose share is worth knowing."""
        for name in ("wait_for_card", "transceive", "release"):
            setattr(parts.hardware.reader, name, self._timed(getattr(parts.hardware.reader, name), CARD))
        for name in ("sale_of", "about", "recent"):
            setattr(parts.state.journal, name, self._timed(getattr(parts.state.journal, name), LOOKUPS))
        parts.state.journal.append = self._timed(parts.state.journal.append, COMMITS)  # type: ignore[method-assign]
        setattr(parts.sale.gate, "check", self._at_once(parts.sale.gate.check, GATE))  # noqa: B010 - as the others
        setattr(parts.hardware.panel, "show", self._at_once(parts.hardware.panel.show, LIGHTS))  # noqa: B010
        self._attach_connection(parts)
        self._attach_sale(parts)

    def _attach_connection(self, parts: Parts) -> None:
        """Only connecting and waiting for the next frame are the acquirer's; its codec and its MAC are ours."""
        client: Any = parts.sale.exchange.acquirer
        connect, watched = self._timed(client._open, ACQUIRER), set()

        async def connected() -> Any:
            connection = await connect()
            if connection not in watched:
                watched.add(connection)
                connection.frame = self._timed(connection.frame, ACQUIRER)
            return connection

        client._open = connected

    def _attach_sale(self, parts: Parts) -> None:
        pay = self._timed(parts.sale.counter.pay, PAY)

        async def one(request: SaleRequest) -> Outcome:
            self._spent.clear()
            result: Outcome = await pay(request)
            self._file.write(json.dumps(self._spent) + "\n")
            self._file.flush()
            return result

        parts.sale.counter.pay = one  # type: ignore[method-assign]

    def _timed(self, call: Asking, name: str) -> Asking:
        async def timed(*arguments: Any) -> Any:
            start = time.perf_counter_ns()
            try:
                return await call(*arguments)
            finally:
                self._spent[name] += time.perf_counter_ns() - start

        return timed

    def _at_once(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            start = time.perf_counter_ns()
            try:
                return call(*arguments)
            finally:
                self._spent[name] += time.perf_counter_ns() - start

        return timed


def main() -> int:
    """Run the agent."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.children.agent")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--times", type=Path, help="where the stopwatches write")
    chosen = parser.parse_args()
    parts = Parts(load(chosen.settings))
    if chosen.times:
        Stopwatches(chosen.times).attach(parts)
    asyncio.run(run(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
