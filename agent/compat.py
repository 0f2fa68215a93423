"""The only module that asks which interpreter runs it: CPython on the terminal, MicroPython on small boards."""

import asyncio
import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"

try:
    from typing import Protocol as Protocol
except ImportError:
    Protocol = object  # type: ignore[assignment]

# `asyncio.TimeoutError` is the one name for a time-out that both interpreters share.
TIMEOUT = asyncio.TimeoutError

if MICROPYTHON:
    from time import ticks_diff, ticks_ms  # type: ignore[attr-defined]

    def monotonic_ms() -> int:
        """Milliseconds of the monotonic clock, which wraps after days: compare with `since_ms` only."""
        return int(ticks_ms())

    def since_ms(start: int) -> int:
        """Milliseconds from `start`, a value of `monotonic_ms`, to now."""
        return int(ticks_diff(ticks_ms(), start))

else:

    def monotonic_ms() -> int:
        """Milliseconds of the monotonic clock; only differences mean something. Compare with `since_ms`."""
        return time.monotonic_ns() // 1_000_000

    def since_ms(start: int) -> int:
        """Milliseconds from `start`, a value of `monotonic_ms`, to now."""
        return monotonic_ms() - start


class Queue:
    """A first-in first-out queue between tasks of one loop; MicroPython's asyncio has none.

    With `limit` items inside, `put` drops nothing and raises: the producer decides what to give up.
    """

    def __init__(self, limit: int) -> None:
        self._items: list[object] = []
        self._limit = limit
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: object) -> None:
        """Append `item`. Raises OverflowError when the queue is full."""
        if len(self._items) >= self._limit:
            raise OverflowError("queue is full with {} items".format(self._limit))
        self._items.append(item)
        self._filled.set()

    async def get(self) -> object:
        """Take the oldest item, waiting for one."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        return self._items.pop(0)
