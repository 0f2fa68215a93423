"""What the load has done so far: what was said and acknowledged, how long that took, and what went wrong."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tools.bench.figure import percentile

_KEPT = 200_000


class Latencies:
    """Times in seconds; of very many, a fair sample of `_KEPT`."""

    def __init__(self) -> None:
        self.count = 0
        self.longest = 0.0
        self._kept: list[float] = []
        self._draw = random.Random(0)  # noqa: S311 - which are kept, guards nothing

    def add(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.longest = max(self.longest, seconds)
        if len(self._kept) < _KEPT:
            self._kept.append(seconds)
        elif (place := self._draw.randrange(self.count)) < _KEPT:
            self._kept[place] = seconds

    def as_json(self) -> dict[str, Any]:
        """The percentiles in seconds; without any when there are no times."""
        said: dict[str, Any] = {"count": self.count}
        if self._kept:
            said |= {f"p{percent}_s": round(percentile(self._kept, percent), 4) for percent in (50, 95, 99)}
            said["longest_s"] = round(self.longest, 4)
        return said


@dataclass(frozen=True, slots=True)
class Mark:
    """An event that was made: whoever waits until a screen shows it knows since when (seconds since 1970)."""

    terminal: str
    journal_id: str
    sequence: int
    kind: str
    made_at: float


@dataclass
class Figures:
    """`counts` by name: `events`, `vitals`, `wrong: ...`, `kind: ...`, `link: ...`.

    `to_ack` is from making an event on a connection that stands to its acknowledgement; those that were made without
    a connection are in `delayed`. `latest` is the newest event of a terminal whose clock is right.
    """

    counts: Counter[str] = field(default_factory=Counter)
    to_ack: Latencies = field(default_factory=Latencies)
    delayed: Latencies = field(default_factory=Latencies)
    latest: Mark | None = None

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "counts": dict(sorted(self.counts.items())),
            "event_to_ack": self.to_ack.as_json(),
            "event_to_ack_made_off_line": self.delayed.as_json(),
        }
