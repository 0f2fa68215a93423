"""What all made-up terminals have in common."""

import asyncio
import random
from dataclasses import dataclass, field

from agent.binding.ports import Keys
from tools.fleet.load.figures import Figures


@dataclass(frozen=True)
class World:
    """The `fleet`, whose signatures count, the `seed` of what happens, and how often vitals are told.

    `draw` is for whatever need not be the same another time: readings, and when who connects again.
    """

    loop: asyncio.AbstractEventLoop
    fleet: str
    keys: Keys
    seed: int
    vitals_s: float = 60.0
    figures: Figures = field(default_factory=Figures)
    draw: random.Random = field(default_factory=random.Random)
