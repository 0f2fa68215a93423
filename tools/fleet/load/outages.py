"""When which made-up terminals lose their line: single ones now and then, and all of a region at once."""

import random
from typing import NamedTuple

from tools.fleet.load.who import Who

# Of a hundred terminals, so many lose their line within ten minutes.
_SINGLE_PER_CENT = 4
_SHORTEST_S, _LONGEST_S = 2.0, 90.0
_REGION_EVERY_S = 240.0


class Outage(NamedTuple):
    """`at_s` after the beginning, `numbers` are away; each comes back at its own moment within `away_s`."""

    at_s: float
    numbers: list[int]
    away_s: float


def planned(known: list[Who], seconds: float, draw: random.Random) -> list[Outage]:
    """The outages within `seconds`, in order; one of a region at least."""
    single = round(len(known) * _SINGLE_PER_CENT / 100 * seconds / 600)
    plan = [
        Outage(draw.uniform(0, seconds), [draw.randrange(len(known))], draw.uniform(_SHORTEST_S, _LONGEST_S))
        for _ in range(single)
    ]
    for _ in range(max(1, round(seconds / _REGION_EVERY_S))):
        region = draw.choice(known).region
        numbers = [who.number for who in known if who.region == region]
        plan.append(Outage(draw.uniform(0.2, 0.7) * seconds, numbers, min(20.0, seconds / 4)))
    return sorted(plan)
