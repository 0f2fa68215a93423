"""Reporting to the fleet: one connection after the other, what is said on each, and who hears what comes down."""

import asyncio

from agent.backoff import Backoff
from agent.binding.ports import Keys
from agent.clock import Clock, StepWatch
from agent.compat import monotonic_ms, since_ms
from agent.errors import JumpGuardError, LinkError, RefusedMessageError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.lifecycle import Lifecycle
from agent.report.announcer import Announcer
from agent.report.delivery import Delivery
from agent.report.home_assistant import STATUS as HOME_STATUS
from agent.report.home_assistant import HomeAssistant
from agent.report.info import Info
from agent.report.latest_vitals import LatestVitals
from agent.report.ports import Link, Machine, Receiver
from agent.report.presence import Presence
from agent.report.topics import EVENT_ACK, INFO, STATE, Topics

# An entry that tells of a message that came down and is not to be acted upon.
REFUSED = "message.refused"

# How often a wait for the next connection looks whether the clock was set.
_LOOK_MS = 1_000
# A connection this old counts as stable, so that the next failure is waited for briefly again.
_STABLE_MS = 30_000


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
        self.info = info
        self.clock = clock
        self.backoff = backoff
        self.delivery = Delivery(link, journal, topics, keys, lifecycle)
        self.presence = Presence(link, journal, topics, machine, lifecycle, self.delivery)
        self.vitals = LatestVitals(link, topics)
        self.announcer = None if home is None else Announcer(link, machine, home)
        self.look_ms = _LOOK_MS
        # Who else hears what comes down, by the first part of the topic's name.
        self.receivers: dict[str, Receiver] = {}
        self.connected = False
        # How many connections there were since the start.
        self.connections = 0
        self._woken = asyncio.Event()
        self._turned = asyncio.Event()
        self._connecting = False
        self._anew = asyncio.Event()
        self._refused: set[str] = set()

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
        self.vitals.put(readings)

    async def turn(self) -> None:
        """Return once the outbox was looked through again, or a broker is waited for; not while that is stuck.

        Connecting ends by itself, after the link's own time-outs.
        """
        if not self._connecting:
            self._turned.clear()
            self._woken.set()
            await self._turned.wait()

    async def run(self) -> None:
        """Connect, report, and connect again, for ever."""
        # Here as well: where nothing can be written down any more, this is as far as it gets.
        self._turned.set()
        await self.delivery.start()
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
            self._turned.set()
            await asyncio.sleep(min(left, self.look_ms) / 1000)
            if watch.stepped():
                self.backoff.reset()
                left = min(left, self.backoff.next_ms())
            left -= since_ms(start)
            if left <= 0:
                return

    async def stop(self) -> None:
        """Say goodbye on a living connection and end it. Call after `run` was cancelled."""
        if self.presence.session:
            try:
                await self.delivery.send_waiting()
                await self.presence.say_goodbye()
            except LinkError:
                pass
        await self.link.disconnect()

    async def _report(self) -> None:
        """One connection, until it ends with LinkError."""
        await self.presence.begin()
        self._refused = set()
        self.delivery.begin()
        self._anew.clear()
        await self._connect()
        self.connected = True
        self.connections += 1
        await self._say_birth()
        work = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._send_events()),
            asyncio.create_task(self._look_again()),
            asyncio.create_task(self.vitals.send()),
            asyncio.create_task(self._connect_anew()),
        ]
        if self.announcer is not None:
            work.append(asyncio.create_task(self.announcer.announce()))
        try:
            # The first that fails ends the connection: none of them goes on without the others.
            await asyncio.gather(*work)
        finally:
            await _end(work)

    async def _connect(self) -> None:
        self._connecting = True
        self._turned.set()
        try:
            await self.link.connect(self.presence.will(), self._subscriptions())
        finally:
            self._connecting = False

    def _subscriptions(self) -> "list[str]":
        down = [self.topics.of(EVENT_ACK), self.topics.of(STATE)]
        down.extend([self.topics.of(receiver.subscription) for receiver in self.receivers.values()])
        if self.announcer is not None:
            down.append(HOME_STATUS)
        return down

    async def _say_birth(self) -> None:
        await self.presence.say()
        await self.link.publish(self.topics.of(INFO), self.info.payload(), True)
        for receiver in self.receivers.values():
            for name, payload in receiver.birth():
                await self.link.publish(self.topics.of(name), payload, True)

    async def _send_events(self) -> None:
        while True:
            self._woken.clear()
            await self.presence.say()
            if self.info.has_changed:
                await self.link.publish(self.topics.of(INFO), self.info.payload(), True)
            await self.delivery.send()
            self._turned.set()
            # No `wait_for` here: on CPython 3.11 it can swallow a cancellation that comes together with the wake-up.
            await self._woken.wait()

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(min(self.delivery.silence_ms, self.delivery.resend_ms) / 1000)
            self._woken.set()

    async def _connect_anew(self) -> None:
        await self._anew.wait()
        raise LinkError("the connection is made anew")

    async def _listen(self) -> None:
        while True:
            topic, payload = await self.link.receive()
            await self._heard(topic, payload)

    async def _heard(self, topic: str, payload: bytes) -> None:
        if topic == HOME_STATUS:
            if self.announcer is not None:
                self.announcer.heard(payload)
            return
        name = topic[len(self.topics.source) + 1 :]
        try:
            if name == EVENT_ACK:
                if await self.delivery.acknowledged(payload):
                    self.nudge()
            elif name == STATE:
                await self.presence.correct(payload)
            elif name.split("/")[0] in self.receivers:
                await self.receivers[name.split("/")[0]].heard(name, payload)
        except RefusedMessageError as error:
            await self._refuse(str(error))

    async def _refuse(self, why: str) -> None:
        # Once a reason and connection: a flood of forged messages does not fill the journal. Reasons are our own words.
        if why not in self._refused:
            self._refused.add(why)
            await self.journal.append(Record(REFUSED, {"why": why}))


async def _end(tasks: "list[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        try:
            await task
        except (asyncio.CancelledError, JumpGuardError):
            pass  # what ended the connection is on its way up already
