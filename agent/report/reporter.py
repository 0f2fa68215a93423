"""Reporting to the fleet: births and wills, the outbox, vitals, and what the backend says it holds."""

import asyncio
import json
import random

from agent.backoff import Backoff
from agent.binding.ports import Keys
from agent.canonical import encode
from agent.clock import Clock, StepWatch
from agent.compat import monotonic_ms, since_ms
from agent.errors import JumpGuardError, LinkError, RefusedMessageError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.lifecycle import LOCKED, Lifecycle
from agent.report.acks import ACKNOWLEDGEMENT, Ack, read_ack
from agent.report.events import cloud_event
from agent.report.home_assistant import ONLINE as HOME_ONLINE
from agent.report.home_assistant import STATUS as HOME_STATUS
from agent.report.home_assistant import HomeAssistant
from agent.report.info import Info
from agent.report.outbox import Outbox
from agent.report.ports import Link, Machine, Receiver
from agent.report.topics import EVENT, EVENT_ACK, INFO, STATE, VITALS, Topics

ONLINE = "online"
OFFLINE = "offline"
LOST = "lost"
# An entry that tells of a message that came down and is not to be acted upon.
REFUSED = "message.refused"
# Why the terminal is locked: what it remembers is not what happened, or it is not the only one that remembers it.
JOURNAL_DISOWNED = "journal_disowned"

WINDOW = 100
# A backend that stays silent this long is sent the unacknowledged events again: its queue or ours was lost.
_RESEND_MS = 10_000
# How often a wait for the next connection looks whether the clock was set.
_LOOK_MS = 1_000
# A connection this old counts as stable, so that the next failure is waited for briefly again.
_STABLE_MS = 30_000
# Two terminals under one name would correct each other's state for ever; this is how often one may.
_CORRECT_MS = 5_000
# Vitals wait while the broker owes more confirmations than this: on a slow link the events go first.
_UNCONFIRMED = 20
_GIVE_WAY_MS = 1_000
# Home Assistant asks every device at once when it starts; each answers within this.
_ANNOUNCE_MS = 5_000


class Reporter:
    """Keeps the link and says over it what this terminal is, how it is, and everything that happened to it."""

    def __init__(
        self,
        link: Link,
        journal: Journal,
        topics: Topics,
        keys: Keys,
        machine: Machine,
        info: Info,
        lifecycle: Lifecycle,
        clock: Clock,
        backoff: Backoff,
        home: "HomeAssistant | None" = None,
    ) -> None:
        self.link = link
        self.journal = journal
        self.topics = topics
        self.keys = keys
        self.machine = machine
        self.info = info
        self.lifecycle = lifecycle
        self.clock = clock
        self.backoff = backoff
        self.home = home
        self.announce_ms = _ANNOUNCE_MS
        self.resend_ms = _RESEND_MS
        self.look_ms = _LOOK_MS
        # Who else hears what comes down, by the first part of the topic's name.
        self.receivers: dict[str, Receiver] = {}
        self.give_way_ms = _GIVE_WAY_MS
        self.outbox = Outbox(0, WINDOW)
        self.session = 0
        self.connected = False
        # How many connections there were since the start.
        self.connections = 0
        self._vitals = b""
        self._vitals_due = asyncio.Event()
        self._announcement_due = asyncio.Event()
        self._woken = asyncio.Event()
        self._anew = asyncio.Event()
        self._said_state = b""
        self._corrected: int | None = None
        self._refused: set[str] = set()
        # The entry that the backend has acknowledged and this journal does not hold, 0 when there is none.
        self._disowned = 0

    def nudge(self) -> None:
        """Something new is in the journal."""
        self._woken.set()

    def reconnect(self) -> None:
        """End the connection once what was said is confirmed, and connect anew; what is on its way is not lost."""
        self._anew.set()

    async def say(self, name: str, payload: bytes, retain: bool) -> None:
        """Publish on the topic `name`; without a connection nothing is said, and who says it can say it again."""
        if self.connected:
            try:
                await self.link.publish(self.topics.of(name), payload, retain)
            except LinkError:
                pass

    def report_vitals(self, readings: "dict[str, object]") -> None:
        """Send `readings` as soon as the link has room for them; they replace those that still wait for it."""
        self._vitals = encode(readings)
        self._vitals_due.set()

    async def run(self) -> None:
        """Connect, report, and connect again, for ever."""
        self.outbox = Outbox(await self.journal.acknowledged(), WINDOW)
        while True:
            start = monotonic_ms()
            try:
                await self._report()
            except LinkError:
                if self.connected and since_ms(start) > _STABLE_MS:
                    self.backoff.reset()
            finally:
                self.connected = False
            await self._pause()

    async def _pause(self) -> None:
        """Wait for the next attempt to connect, but not long when the clock is set: certificates may be valid then."""
        left, watch = self.backoff.next_ms(), StepWatch(self.clock)
        while True:
            start = monotonic_ms()
            await asyncio.sleep(min(left, self.look_ms) / 1000)
            if watch.stepped():
                self.backoff.reset()
                left = min(left, self.backoff.next_ms())
            left -= since_ms(start)
            if left <= 0:
                return

    async def stop(self) -> None:
        """Say goodbye on a living connection and end it. Call after `run` was cancelled."""
        if self.session:
            try:
                await self._send_waiting()
                await self.link.publish(self.topics.of(STATE), self._state(OFFLINE), True)
            except LinkError:
                pass
        await self.link.disconnect()

    async def _report(self) -> None:
        """One connection, until it ends with LinkError."""
        self.session = await self.journal.next_session()
        self._refused = set()
        self._said_state = b""
        self.outbox.restart()
        down = [self.topics.of(EVENT_ACK), self.topics.of(STATE)]
        down.extend([self.topics.of(receiver.subscription) for receiver in self.receivers.values()])
        if self.home is not None:
            down.append(HOME_STATUS)
        self._anew.clear()
        await self.link.connect((self.topics.of(STATE), self._state(LOST)), down)
        self.connected = True
        self.connections += 1
        await self._say_state()
        await self.link.publish(self.topics.of(INFO), self.info.payload(), True)
        for receiver in self.receivers.values():
            for name, payload in receiver.birth():
                await self.link.publish(self.topics.of(name), payload, True)
        work = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._send_events()),
            asyncio.create_task(self._look_again()),
            asyncio.create_task(self._send_vitals()),
            asyncio.create_task(self._connect_anew()),
        ]
        if self.home is not None:
            work.append(asyncio.create_task(self._announce(self.home)))
        try:
            # The first that fails ends the connection: none of them goes on without the others.
            await asyncio.gather(*work)
        finally:
            await _end(work)

    async def _listen(self) -> None:
        while True:
            topic, payload = await self.link.receive()
            await self._heard(topic, payload)

    async def _send_events(self) -> None:
        acknowledged, since = self.outbox.acknowledged, monotonic_ms()
        while True:
            self._woken.clear()
            await self._say_state()
            if self.info.has_changed:
                await self.link.publish(self.topics.of(INFO), self.info.payload(), True)
            if self.outbox.acknowledged != acknowledged or self.outbox.sent == acknowledged:
                acknowledged, since = self.outbox.acknowledged, monotonic_ms()
            elif since_ms(since) >= self.resend_ms:
                self.outbox.restart()
                since = monotonic_ms()
            await self._send_waiting()
            # No `wait_for` here: on CPython 3.11 it can swallow a cancellation that comes together with the wake-up.
            await self._woken.wait()

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(self.resend_ms / 1000)
            self._woken.set()

    async def _connect_anew(self) -> None:
        await self._anew.wait()
        raise LinkError("the connection is made anew")

    async def _send_waiting(self) -> None:
        for entry in await self.journal.after(self.outbox.sent, self.outbox.room()):
            # An acknowledgement of an earlier connection's sending may come in between and overtake this one.
            if entry.sequence > self.outbox.sent:
                self.outbox.mark_sent(entry.sequence)
                await self.link.publish(self.topics.of(EVENT), cloud_event(entry, self.topics.source), False)

    async def _send_vitals(self) -> None:
        if self._vitals:
            self._vitals_due.set()
        while True:
            await self._vitals_due.wait()
            if self.link.unconfirmed > _UNCONFIRMED:
                await asyncio.sleep(self.give_way_ms / 1000)
                continue
            self._vitals_due.clear()
            await self.link.publish(self.topics.of(VITALS), self._vitals, False)

    async def _announce(self, home: HomeAssistant) -> None:
        """Announce the terminal, and again whenever Home Assistant starts, however often somebody says so."""
        while True:
            self._announcement_due.clear()
            await self.link.publish(home.topic, home.announcement(self.machine.info()), True)
            await self._announcement_due.wait()
            await asyncio.sleep(self.announce_ms * (0.5 + 0.5 * random.random()) / 1000)  # noqa: S311

    async def _heard(self, topic: str, payload: bytes) -> None:
        if topic == HOME_STATUS:
            if payload == HOME_ONLINE:
                self._announcement_due.set()
            return
        name = topic[len(self.topics.source) + 1 :]
        try:
            if name == EVENT_ACK:
                await self._acknowledged(payload)
            elif name == STATE:
                await self._correct_state(payload)
            elif name.split("/")[0] in self.receivers:
                await self.receivers[name.split("/")[0]].heard(name, payload)
        except RefusedMessageError as error:
            await self._refuse(str(error))

    async def _acknowledged(self, payload: bytes) -> None:
        ack = read_ack(payload, self.topics, self.keys)
        if ack.journal_id != self.journal.journal_id:
            raise RefusedMessageError("{}: for another journal".format(ACKNOWLEDGEMENT))
        if not await self.journal.anchor(ack.sequence, ack.head_hash, ack.key_id, ack.signature):
            await self._disown(ack)
        elif self.outbox.settle(ack.sequence):
            self.nudge()
        elif ack.sequence < self.outbox.acknowledged:
            # Its acknowledgements come in order, so its store was put back: what it has lost is sent again.
            self.outbox.fall_back(max(ack.sequence, await self.journal.pruned()))
            self.nudge()

    async def _disown(self, ack: Ack) -> None:
        """Lock: an old copy of the journal was put back, or the journal goes on elsewhere.

        Sales, reversals, a tamper latch or a lock may be missing from it, and only an inspection can tell.
        """
        self._disowned = self._disowned or ack.sequence
        await self.lifecycle.become(LOCKED, JOURNAL_DISOWNED)
        raise RefusedMessageError("{}: of an entry that this journal does not hold".format(ACKNOWLEDGEMENT))

    async def _refuse(self, why: str) -> None:
        # Once a reason and connection: a flood of forged messages does not fill the journal. Reasons are our own words.
        if why not in self._refused:
            self._refused.add(why)
            await self.journal.append(Record(REFUSED, {"why": why}))

    def _state(self, state: str) -> bytes:
        return encode(
            {
                "state": state,
                "lifecycle": self.lifecycle.state,
                "session": self.session,
                "boot_id": self.machine.boot_id,
                "journal_id": self.journal.journal_id,
                "disowned": self._disowned,
            }
        )

    async def _say_state(self) -> None:
        state = self._state(ONLINE)
        if state != self._said_state:
            await self.link.publish(self.topics.of(STATE), state, True)
            self._said_state = state

    async def _correct_state(self, payload: bytes) -> None:
        """The broker's retained state may be the will of a connection that this one replaced: say it again then."""
        if self._is_current(payload):
            return
        # Too soon after the last time, the next round of sending events says it.
        self._said_state = b""
        if self._corrected is None or since_ms(self._corrected) > _CORRECT_MS:
            self._corrected = monotonic_ms()
            await self._say_state()

    def _is_current(self, payload: bytes) -> bool:
        try:
            said = json.loads(payload)
        except (ValueError, RuntimeError):
            return False
        return isinstance(said, dict) and said.get("session") == self.session and said.get("state") == ONLINE


async def _end(tasks: "list[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        try:
            await task
        except (asyncio.CancelledError, JumpGuardError):
            pass  # what ended the connection is on its way up already
