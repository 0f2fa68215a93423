"""The latest vitals on their way to the fleet: they give way to events, and newer ones take the place of older ones."""

import asyncio

from agent.canonical import encode
from agent.report.ports import Link
from agent.report.topics import VITALS, Topics

# Vitals wait while the broker owes more confirmations than this: on a slow link the events go first.
_UNCONFIRMED = 20
_GIVE_WAY_MS = 1_000


class LatestVitals:
    """Keeps one set of readings, and sends it once the link has room."""

    def __init__(self, link: Link, topics: Topics) -> None:
        self.link = link
        self.topics = topics
        self.give_way_ms = _GIVE_WAY_MS
        self._vitals = b""
        self._due = asyncio.Event()

    def put(self, readings: "dict[str, object]") -> None:
        """`readings` are the latest ones from now on."""
        self._vitals = encode(readings)
        self._due.set()

    async def send(self) -> None:
        """Send each as it comes, and first the ones that the connection before may have lost. Raises LinkError."""
        if self._vitals:
            self._due.set()
        while True:
            await self._due.wait()
            if self.link.unconfirmed > _UNCONFIRMED:
                await asyncio.sleep(self.give_way_ms / 1000)
                continue
            self._due.clear()
            await self.link.publish(self.topics.of(VITALS), self._vitals, False)
