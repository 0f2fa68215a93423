"""How long to wait before trying again: full jitter, so that a fleet does not come back all at once."""

import random


class Backoff:
    """`uniform(0, min(cap, base * 2^n))` milliseconds, n counting the waits since `reset`."""

    def __init__(self, base_ms: int, cap_ms: int) -> None:
        self.base_ms = base_ms
        self.cap_ms = cap_ms
        self.failures = 0

    def next_ms(self) -> int:
        """The next wait, in milliseconds."""
        ceiling = min(self.cap_ms, self.base_ms << min(self.failures, 20))
        self.failures += 1
        return random.randint(0, ceiling)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        """It works again: start from the base."""
        self.failures = 0
