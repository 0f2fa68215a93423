"""Has the service manager told that the agent is ready, and that it is alive for as long as its loops go round."""

import asyncio
import logging
from typing import Protocol

from board.notify import ALIVE, READY, Notify

log = logging.getLogger(__name__)


class Loop(Protocol):
    """Something of the agent that has to go round for ever."""

    async def turn(self) -> None:
        """Return once it has gone round again, or waits for somebody else; does not return while it is stuck."""


class Watchdog:
    """Asks each of the named `loops` to go round, and feeds the watchdog of `manager` once all of them did."""

    def __init__(self, manager: Notify, loops: dict[str, Loop]) -> None:
        self.manager = manager
        self.loops = loops
        # sd_watchdog_enabled(3): feed at half the time, so that one that comes late is not missed.
        self._period_s = manager.watchdog_s / 2

    async def run(self) -> None:
        """Say that the agent is ready once every loop has gone round, then feed the watchdog, where there is one."""
        for loop in self.loops.values():
            await loop.turn()
        self.manager.say(READY)
        while self._period_s:
            asked = asyncio.get_running_loop().time()
            stuck = await self._stuck()
            if stuck:
                log.critical("stuck, so that the watchdog is not fed: %s", ", ".join(stuck))
            else:
                self.manager.say(ALIVE)
            await asyncio.sleep(asked + self._period_s - asyncio.get_running_loop().time())

    async def _stuck(self) -> list[str]:
        """The loops that do not go round in time."""
        turns = {name: asyncio.ensure_future(loop.turn()) for name, loop in self.loops.items()}
        try:
            await asyncio.wait(turns.values(), timeout=self._period_s)
            return [name for name, turn in turns.items() if not turn.done() or turn.exception() is not None]
        finally:
            for turn in turns.values():
                turn.cancel()
