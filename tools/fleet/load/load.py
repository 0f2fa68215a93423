"""A load from beginning to end: on an event loop of its own, with somebody told each second how it goes."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from agent.binding.ports import Keys
from tools.fleet.load.claims import Claim, claims
from tools.fleet.load.crowd import Broker, Crowd, Pace
from tools.fleet.load.figures import Figures
from tools.fleet.load.who import terminals
from tools.fleet.load.world import World
from tools.open_files import allow_files


@dataclass(frozen=True, slots=True)
class Order:
    """A load of `count` terminals of `fleet` at `broker`; whose signatures count, and the seed of what happens."""

    count: int
    fleet: str
    broker: Broker
    pace: Pace
    keys: Keys
    seed: int = 1
    vitals_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said and heard, what the backend acknowledged, and how many events it did not within the wait."""

    figures: Figures
    claims: list[Claim]
    unacknowledged: int


def run(order: Order, tell: Callable[[Crowd], None]) -> Outcome:
    """Run it; `tell` is called each second. Raises LimitError when this machine allows too few connections."""
    allow_files(order.count)
    return asyncio.run(_run(order, tell))


async def _run(order: Order, tell: Callable[[Crowd], None]) -> Outcome:
    loop = asyncio.get_running_loop()
    draw = random.Random()  # noqa: S311 - guards nothing
    world = World(loop, order.fleet, order.keys, order.seed, order.vitals_s, Figures(), draw)
    crowd = Crowd(terminals(order.count, order.seed), world, order.broker, order.pace)
    telling = loop.create_task(_tell(crowd, tell))
    try:
        await crowd.run()
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling
    return Outcome(world.figures, claims(crowd.terminals), crowd.waiting)


async def _tell(crowd: Crowd, tell: Callable[[Crowd], None]) -> None:
    while True:
        await asyncio.sleep(1.0)
        tell(crowd)
