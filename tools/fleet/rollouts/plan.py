"""How a roll-out goes on: a canary, waves that widen, what it waits for, and when it stops."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from provisioning.texts import _
from tools.fleet.alerts.words import SEVERITIES, WARNING
from tools.fleet.errors import OrderError
from tools.fleet.orders import MOST_S

SKIP = "skip"
WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Plan:
    """`canary` is how many terminals, or their names, are first; `percents` of all are reached with each wave after.

    A target that took the order is watched for `soak_s`, and has `timeout_s` to take it. A wave may have
    `most_failures` and, with `most_percent`, so many of a hundred. An alert of `severity` or worse is a failure. A
    terminal that is `away` when its wave begins is skipped or waited for.
    """

    canary: int | tuple[str, ...] = 1
    percents: tuple[int, ...] = (10, 50, 100)
    soak_s: int = 600
    timeout_s: int = 3600
    most_failures: int = 0
    most_percent: int | None = None
    severity: str = WARNING
    away: str = SKIP

    def check(self) -> None:
        """Raise OrderError for a plan that is none."""
        rising = all(one < other for one, other in zip(self.percents, self.percents[1:], strict=False))
        canary = self.canary if isinstance(self.canary, int) else len(set(self.canary))
        _expect(bool(self.percents) and rising and self.percents[0] > 0 and self.percents[-1] == 100,
                _("percents rise and end with 100"))  # fmt: skip
        _expect(canary >= 1, _("a canary is at least one terminal"))
        _expect(0 <= self.soak_s <= MOST_S, _("a soak is 0 to {most} s").format(most=MOST_S))
        _expect(1 <= self.timeout_s <= MOST_S, _("a time-out is 1 to {most} s").format(most=MOST_S))
        _expect(self.most_failures >= 0, _("failures are counted from 0"))
        _expect(self.most_percent is None or 0 <= self.most_percent < 100, _("failures are 0 to 99 percent of a wave"))
        _expect(self.severity in SEVERITIES, _("a severity is {words}").format(words=", ".join(SEVERITIES)))
        _expect(self.away in (SKIP, WAIT), _("who is away is skipped or waited for"))

    def most(self, size: int) -> int:
        """How many of a wave of `size` may fail: the greater of both limits."""
        return max(self.most_failures, size * (self.most_percent or 0) // 100)

    def waves(self, rollout: str, terminals: Sequence[str]) -> list[list[str]]:
        """`terminals` in waves, none of them empty.

        Which come early follows from the roll-out's name, so that a dry run says what then happens, and no terminal is
        always the first. Raises OrderError for a canary that is none of `terminals`.
        """
        mixed = sorted(terminals, key=lambda name: hashlib.sha256(f"{rollout}/{name}".encode()).digest())
        if isinstance(self.canary, int):
            first = self.canary
        else:
            named = set(self.canary)
            strange = ", ".join(sorted(named - set(terminals)))
            _expect(not strange, _("the canary {names} is not among its terminals").format(names=strange))
            first, mixed = len(named), sorted(mixed, key=lambda name: name not in named)
        ends = [first, *(-(-len(mixed) * percent // 100) for percent in self.percents)]
        cut = [mixed[begin:end] for begin, end in zip([0, *_highest(ends)], _highest(ends), strict=False)]
        return [wave for wave in cut if wave]


def _highest(ends: Sequence[int]) -> list[int]:
    """Each of `ends`, or one before it that is higher."""
    return [max(ends[: number + 1]) for number in range(len(ends))]


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise OrderError(_("plan: {what}").format(what=otherwise))
