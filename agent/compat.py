"""The only module that asks which interpreter runs it: CPython on the terminal, MicroPython on small boards."""

import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"

try:
    from typing import Protocol as Protocol
except ImportError:
    Protocol = object  # type: ignore[assignment]

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
