"""A figure: what was measured, over how many, and how it stands to its target."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class Target:
    """What the value named `of` shall not exceed, or with `at_least` not fall below: `limit`, in the figure's unit."""

    of: str
    limit: float
    at_least: bool = False


@dataclass(slots=True)
class Figure:
    """One figure. `rows` are its values by what they are of, as {"agent": {"p50": 81.2}}; all in `unit`.

    `target` speaks of a value of the first row. Without rows it was not measured, and `notes` say why.
    """

    name: str
    title: str
    unit: str
    count: int = 0
    counted: str = ""
    rows: dict[str, Row] = field(default_factory=dict)
    target: Target | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def value(self) -> float | None:
        """The value that the target speaks of; None without a target, or when it was not measured."""
        if self.target is None or not self.rows:
            return None
        return next(iter(self.rows.values()))[self.target.of]

    @property
    def off(self) -> float | None:
        """By how much the target was missed, 0 when it was met; None when there is nothing to compare."""
        if self.target is None or self.value is None:
            return None
        over = self.value - self.target.limit
        return max(0.0, -over if self.target.at_least else over)

    def as_json(self) -> dict[str, Any]:
        """The figure as one JSON object; `target` is null where there is none."""
        target = self.target and {
            "of": self.target.of,
            "limit": self.target.limit,
            "at_least": self.target.at_least,
            "value": self.value,
            "met": None if self.off is None else self.off == 0,
            "off": self.off,
        }
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "count": self.count,
            "counted": self.counted,
            "rows": self.rows,
            "target": target,
            "notes": self.notes,
        }


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that `percent` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def percentiles(values: Sequence[float], *percents: int) -> Row:
    """The named percentiles of `values`, as {"p50": ...}."""
    return {f"p{percent}": percentile(values, percent) for percent in percents}


def middle(values: Sequence[float]) -> Row:
    """The median of `values`, the least and the most."""
    ordered = sorted(values)
    return {"median": ordered[len(ordered) // 2], "least": ordered[0], "most": ordered[-1]}
