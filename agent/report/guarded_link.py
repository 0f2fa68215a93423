"""The one way out to the fleet: whatever holds card data stays here, and the fleet hears that something did."""

from agent.errors import LinkError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.redact import Guard
from agent.report.ports import Link

KEPT_BACK = "leak.kept_back"


class GuardedLink:
    """A `Link` over `link`. A message that looks like card data is not sent, whoever made it; nothing else changes."""

    def __init__(self, link: Link, guard: Guard, journal: Journal) -> None:
        self.link = link
        self.guard = guard
        self.journal = journal
        self._told: set[str] = set()

    @property
    def round_trip_ms(self) -> int:
        """See `Link.round_trip_ms`."""
        return self.link.round_trip_ms

    @property
    def unconfirmed(self) -> int:
        """See `Link.unconfirmed`."""
        return self.link.unconfirmed

    async def connect(self, will: "tuple[str, bytes]", topics: "list[str]") -> None:
        """See `Link.connect`. Raises LinkError for a will with card data, too."""
        what = self.guard.objection(will[1])
        if what:
            raise LinkError("the last will holds a {}: not connected".format(what))
        await self.link.connect(will, topics)

    async def publish(self, topic: str, payload: bytes, retain: bool) -> None:
        """See `Link.publish`. What holds card data is journaled without it, once for each topic, and not sent."""
        what = self.guard.objection(topic.encode()) or self.guard.objection(payload)
        if not what:
            await self.link.publish(topic, payload, retain)
            return
        # A command's topic has a part that came from outside: the first level below the terminal's own is ours.
        levels = topic.split("/")
        name = levels[4] if len(levels) > 4 else levels[0]
        if name not in self._told:
            self._told.add(name)
            await self.journal.append(Record(KEPT_BACK, {"topic": name, "what": what}))

    async def receive(self) -> "tuple[str, bytes]":
        """See `Link.receive`."""
        return await self.link.receive()

    async def disconnect(self) -> None:
        """See `Link.disconnect`."""
        await self.link.disconnect()
