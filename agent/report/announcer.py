"""When Home Assistant is told of the terminal: on each connection, and whenever it starts."""

import asyncio
import random

from agent.report.home_assistant import ONLINE, HomeAssistant
from agent.report.ports import Link, Machine

# Home Assistant asks every device at once when it starts; each answers within this.
_ANNOUNCE_MS = 5_000


class Announcer:
    """Publishes the announcement, retained."""

    def __init__(self, link: Link, machine: Machine, home: HomeAssistant) -> None:
        self.link = link
        self.machine = machine
        self.home = home
        self.announce_ms = _ANNOUNCE_MS
        self._due = asyncio.Event()

    def heard(self, payload: bytes) -> None:
        """Home Assistant said `payload` of itself."""
        if payload == ONLINE:
            self._due.set()

    async def announce(self) -> None:
        """Announce the terminal, and again whenever Home Assistant starts, however often somebody says so.

        Raises LinkError.
        """
        while True:
            self._due.clear()
            await self.link.publish(self.home.topic, self.home.announcement(self.machine.info()), True)
            await self._due.wait()
            await asyncio.sleep(self.announce_ms * (0.5 + 0.5 * random.random()) / 1000)  # noqa: S311
