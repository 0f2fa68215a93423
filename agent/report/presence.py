"""Presence: whether the terminal is there, and in which session and lifecycle, as the broker keeps it for the fleet."""

import json

from agent.canonical import encode
from agent.compat import monotonic_ms, since_ms
from agent.journal.ports import Journal
from agent.lifecycle import Lifecycle
from agent.report.delivery import Delivery
from agent.report.ports import Link, Machine
from agent.report.topics import STATE, Topics

ONLINE = "online"
OFFLINE = "offline"
LOST = "lost"

# Two terminals under one name would correct each other's state for ever; this is how often one may.
_CORRECT_MS = 5_000


class Presence:
    """Says the terminal's state, retained: when a connection begins, when it changes, and when the broker errs."""

    def __init__(
        self, link: Link, journal: Journal, topics: Topics, machine: Machine, lifecycle: Lifecycle, delivery: Delivery
    ) -> None:
        self.link = link
        self.journal = journal
        self.topics = topics
        self.machine = machine
        self.lifecycle = lifecycle
        self.delivery = delivery
        self.session = 0
        self._said = b""
        self._corrected: "int | None" = None

    async def begin(self) -> None:
        """The connection to come is a session of its own, of which nothing was said yet. Raises JournalError."""
        self.session = await self.journal.next_session()
        self._said = b""

    def will(self) -> "tuple[str, bytes]":
        """Topic and payload of what the broker is to say when the connection is lost."""
        return self.topics.of(STATE), self._state(LOST)

    async def say(self) -> None:
        """Say the state where it is not what was said last. Raises LinkError."""
        state = self._state(ONLINE)
        if state != self._said:
            await self.link.publish(self.topics.of(STATE), state, True)
            self._said = state

    async def say_goodbye(self) -> None:
        """Say that the terminal goes of its own accord. Raises LinkError."""
        await self.link.publish(self.topics.of(STATE), self._state(OFFLINE), True)

    async def correct(self, payload: bytes) -> None:
        """The broker's retained state may be the will of a connection that this one replaced: say it again then."""
        if self._is_current(payload):
            return
        # Too soon after the last time, the next round of sending events says it.
        self._said = b""
        if self._corrected is None or since_ms(self._corrected) > _CORRECT_MS:
            self._corrected = monotonic_ms()
            await self.say()

    def _is_current(self, payload: bytes) -> bool:
        try:
            said = json.loads(payload)
        except (ValueError, RuntimeError):
            return False
        return isinstance(said, dict) and said.get("session") == self.session and said.get("state") == ONLINE

    def _state(self, state: str) -> bytes:
        return encode(
            {
                "state": state,
                "lifecycle": self.lifecycle.state,
                "session": self.session,
                "boot_id": self.machine.boot_id,
                "journal_id": self.journal.journal_id,
                "disowned": self.delivery.disowned,
            }
        )
