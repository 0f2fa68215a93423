"""The machine of a made-up terminal: what it is, and what has become of it by what happened."""

import random
import uuid
from collections import deque

from agent.canonical import encode
from agent.journal.entry import Record
from agent.lifecycle import CHANGED, STARTED, UNPROVISIONED
from agent.report import alarms
from agent.sale.outcome import CLOSING
from tools.fleet.load import stories
from tools.fleet.load.clocks import Clock, drawn
from tools.fleet.load.orders import KNOWN
from tools.fleet.load.steps import Step, Story, entries
from tools.fleet.load.stories import Scene
from tools.fleet.load.who import Who, chance


class Machine:
    """Of `who`; what happens to it is the same for the same `seed`, whenever it happens."""

    def __init__(self, who: Who, seed: int) -> None:
        self.who = who
        self.lifecycle, self.software = UNPROVISIONED, who.software
        self.keys_version = 0
        # The kinds of alarm that are raised, and how the latest sale ended: result and code.
        self.alarms: list[str] = []
        self.sale = ("", "")
        self._seed = seed
        self._drawn = 0
        draw = self._draw()
        self._clock_kind = drawn(draw)
        self.boot(draw)
        # What is still to happen.
        self.story: deque[Step] = deque(stories.begun(who))

    def boot(self, draw: random.Random | None = None) -> None:
        """Begin a new boot."""
        self.clock = Clock(self._clock_kind)
        self.boot_id = str(uuid.UUID(int=(draw or self._draw()).getrandbits(128), version=4))

    def scene(self) -> Scene:
        """Now, with a new source of chance."""
        return Scene(self.who, self._draw(), self.clock.local(), self.lifecycle, self.software)

    def go_on(self) -> int:
        """Have something happen next; how many entries that will be."""
        story = stories.next_of(self.scene())
        self.story.extend(story)
        return entries(story)

    def add(self, story: Story) -> bool:
        """Have `story` happen behind what is still to happen; whether nothing was."""
        idle = not self.story
        self.story.extend(story)
        return idle and bool(story)

    def note(self, record: Record) -> None:
        """What `record` tells changes the machine."""
        body = record.body
        if record.kind == CHANGED:
            self.lifecycle = str(body["to"])
        elif record.kind == STARTED:
            self.software = str(body["software"])
        elif record.kind in (alarms.RAISED, alarms.CLEARED):
            raised = body["raised"]
            assert isinstance(raised, list)
            self.alarms = raised
        elif record.kind in CLOSING:
            self.sale = str(body["result"]), str(body["code"])

    def state(self, word: str, session: int, journal_id: str) -> bytes:
        """What is said on `state`."""
        return encode(
            {
                "state": word,
                "lifecycle": self.lifecycle,
                "session": session,
                "boot_id": self.boot_id,
                "journal_id": journal_id,
                "disowned": 0,
            }
        )

    def info(self) -> bytes:
        """What is said on `info`."""
        return encode(
            {
                "hardware": self.who.hardware,
                "software": self.software,
                "python": "3.11.2",
                "binding_version": 1,
                "keys_version": self.keys_version,
                "certificate_expiry": "",
                "commands": sorted(KNOWN),
            }
        )

    def _draw(self) -> random.Random:
        self._drawn += 1
        return chance(self._seed, self.who.number, self._drawn)
