"""The link to the fleet, and a small broker behind it: retained messages, the will, echoes of what is subscribed."""

import asyncio

from agent.errors import LinkError


class MemoryLink:
    """Implements `agent.report.ports.Link`.

    `published` is everything that was handed over as (topic, payload, retain); `wills` one for each connection.
    `refusals` connections fail before one comes about; each waits until the broker `answers`. `unconfirmed` is what a
    slow broker owes.
    """

    def __init__(self) -> None:
        self.published: "list[tuple[str, bytes, bool]]" = []
        self.retained: "dict[str, bytes]" = {}
        self.wills: "list[tuple[str, bytes]]" = []
        self.topics: "list[str]" = []
        self.refusals = 0
        self.unconfirmed = 0
        self.round_trip_ms = 7
        self.is_up = False
        self.slow: "asyncio.Event | None" = None
        self.answers: "asyncio.Event | None" = None
        self._down: "list[tuple[str, bytes] | None]" = []
        self._came = asyncio.Event()

    async def connect(self, will: "tuple[str, bytes]", topics: "list[str]") -> None:
        await asyncio.sleep(0)
        if self.answers is not None:
            await self.answers.wait()
        if self.refusals:
            self.refusals -= 1
            raise LinkError("broker: refused the connection")
        self.wills.append(will)
        self.topics = topics
        self.is_up = True
        self._down = []
        for topic in topics:
            if topic in self.retained:
                self._bring((topic, self.retained[topic]))

    async def publish(self, topic: str, payload: bytes, retain: bool) -> None:
        if self.slow is not None and topic.endswith("/event"):
            await self.slow.wait()
        if not self.is_up:
            raise LinkError("broker: not connected")
        self.published.append((topic, payload, retain))
        if retain:
            self.retained[topic] = payload
        self.say(topic, payload)

    async def receive(self) -> "tuple[str, bytes]":
        while not self._down:
            self._came.clear()
            await self._came.wait()
        item = self._down.pop(0)
        if item is None:
            raise LinkError("broker: the connection has ended")
        return item

    async def disconnect(self) -> None:
        self.is_up = False

    def say(self, topic: str, payload: bytes) -> None:
        """The broker sends `payload` down, when the terminal is subscribed to `topic`."""
        if any(_matches(topic, pattern) for pattern in self.topics):
            self._bring((topic, payload))

    def break_off(self, will: bool = True) -> None:
        """The connection ends without a goodbye, and the broker publishes the will."""
        self.is_up = False
        self._bring(None)
        if will:
            self.retained[self.wills[-1][0]] = self.wills[-1][1]

    def of(self, topic: str) -> "list[bytes]":
        """What was published on `topic`, in order."""
        return [payload for name, payload, _ in self.published if name == topic]

    def _bring(self, item: "tuple[str, bytes] | None") -> None:
        self._down.append(item)
        self._came.set()


def _matches(topic: str, pattern: str) -> bool:
    parts, wanted = topic.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(want in ("+", part) for part, want in zip(parts, wanted))  # noqa: B905 - MicroPython
