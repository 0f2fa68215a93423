"""How long to wait before connecting again: full jitter, so that a fleet does not come back all at once (DESIGN 7)."""

import random


class Backoff:
    """`uniform(0, min(cap, base * 2^n))` milliseconds, n counting failures until the link was stable for a while."""

    def __init__(self, base_ms: int, cap_ms: int) -> None:
        self.base_ms = base_ms
        self.cap_ms = cap_ms
        self.failures = 0

    def next_ms(self) -> int:
        """The next wait, counting one failure more."""
        ceiling = min(self.cap_ms, self.base_ms << min(self.failures, 20))
        self.failures += 1
        return random.randint(0, ceiling)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        """The link has been stable: start from the base again."""
        self.failures = 0
