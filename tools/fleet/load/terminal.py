"""A made-up terminal on its link: sessions, what it says and hears there, and the delivery of its events."""

import json
import time
from collections.abc import Callable

from agent.backoff import Backoff
from agent.errors import RefusedMessageError
from agent.report.acks import read_ack
from agent.report.delivery import WINDOW
from agent.report.presence import LOST, OFFLINE, ONLINE
from agent.report.topics import EVENT, EVENT_ACK, INFO, KEYS, STATE, VITALS, Topics
from provisioning.mqtt_packets import connect
from tools.fleet.load.clocks import Kind
from tools.fleet.load.connection import Connection
from tools.fleet.load.figures import Mark
from tools.fleet.load.machine import Machine
from tools.fleet.load.orders import REPORTED, Orders
from tools.fleet.load.outgoing import Outgoing, Waiting
from tools.fleet.load.steps import Act, Saying, Step, Story
from tools.fleet.load.vitals import Now, readings
from tools.fleet.load.who import Who
from tools.fleet.load.world import World

DESIRED = "config/desired"
COMMANDS = "cmd/+/+"
DOWN = (EVENT_ACK, STATE, DESIRED, COMMANDS, KEYS)
# All of these as the agent's own.
KEEP_ALIVE_S = 30
_BACKOFF_BASE_MS, _BACKOFF_CAP_MS = 1_000, 60_000
_STABLE_S = 30.0
_RESEND_S, _FIRST_RESEND_S, _RESEND_CAP_S = 10.0, 1.0, 300.0
_CORRECT_S = 5.0
_VITALS_GIVE_WAY = 20
_SMALLEST_WINDOW = 20
_JITTER = 0.1


class Terminal:
    """`who` in `world`. Times are the loop's, in seconds. `act` is told when something happens to it out of turn."""

    def __init__(self, who: Who, world: World, act: Callable[["Terminal"], None]) -> None:
        self.who = who
        self.topics = Topics(world.fleet, who.serial)
        self.machine = Machine(who, world.seed)
        self.outgoing = Outgoing(self.topics.source, world.draw.randint(_SMALLEST_WINDOW, WINDOW))
        self.connection: Connection | None = None
        # When it connects next; None while it is connected, or about to be.
        self.dials_at: float | None = None
        self.connections = 0
        self._world = world
        self._act = act
        self._orders = Orders(self.topics, world.keys)
        self._session = int(time.time())  # above that of any load before
        self._backoff = Backoff(_BACKOFF_BASE_MS, _BACKOFF_CAP_MS)
        self._ack_counter = 0
        self._up_since = self._moved_at = 0.0
        self._corrected_at = -_CORRECT_S
        self._silence_s = _RESEND_S
        self._vitals_at = world.loop.time() + world.draw.random() * world.vitals_s
        self._round_trip_ms, self._timed, self._timed_at = -1, 0, 0.0

    @property
    def is_up(self) -> bool:
        """Whether it is connected."""
        return self.connection is not None and self.connection.is_up

    def new_connection(self) -> Connection:
        """A connection of a new session, to be opened."""
        self._session += 1
        self.dials_at = None
        will = self.topics.of(STATE), self._state(LOST)
        topics = [self.topics.of(name) for name in DOWN]
        self.connection = Connection(
            self._world.loop, connect(self.who.serial, KEEP_ALIVE_S, will), topics, KEEP_ALIVE_S, self
        )
        return self.connection

    def cut(self, away_s: float) -> None:
        """Lose the line for `away_s`, where there is one."""
        if self.connection is not None and self.is_up:
            self._count("link: cut")
            self.connection.abort()
            self.dials_at = self._world.loop.time() + away_s

    def leave(self) -> None:
        """Go in good order, for good."""
        if self.connection is not None:
            self.connection.publish(self.topics.of(STATE), self._state(OFFLINE), retain=True)
            self.connection.close()

    def step(self) -> float | None:
        """Have the next step happen; in how many seconds the one after it is due, None when there is none."""
        self._happen(self.machine.story.popleft())
        self.send()
        return self.machine.story[0].after_s if self.machine.story else None

    def look(self, now: float) -> None:
        """What is due by itself: vitals, events once more, and a look at the connection."""
        if self.connection is None:
            return
        self.connection.look()
        if not self.is_up:
            return
        unconfirmed = self.connection.unconfirmed
        if now >= self._vitals_at and unconfirmed <= _VITALS_GIVE_WAY:
            self._vitals_at = now + self._world.vitals_s * self._world.draw.uniform(1 - _JITTER, 1 + _JITTER)
            self._tell_vitals(now)
        silent = self.outgoing.outbox.sent > self.outgoing.outbox.acknowledged
        if silent and now - self._moved_at >= self._silence_s and not unconfirmed:
            self._count("resent")
            self.outgoing.outbox.restart()
            self._moved_at, self._silence_s = now, min(2 * self._silence_s, _RESEND_CAP_S)
            self.send()

    def send(self) -> None:
        """Send the events that there is room for."""
        if not self.is_up:
            return
        if self.outgoing.outbox.sent == self.outgoing.outbox.acknowledged:
            self._moved_at = self._world.loop.time()
        for waiting in self.outgoing.due():
            self._publish(EVENT, waiting.payload)

    # Peer

    def up(self) -> None:
        """See Peer."""
        now = self._world.loop.time()
        self.connections += 1
        self._count("link: connected" if self.connections == 1 else "link: reconnected")
        self._up_since = self._moved_at = now
        self._silence_s = _FIRST_RESEND_S
        self._say_state()
        self._publish(INFO, self.machine.info(), retain=True)
        self._say(self._orders.reported)
        self.outgoing.outbox.restart()
        self.send()

    def heard(self, topic: str, payload: bytes) -> None:
        """See Peer."""
        name = topic[len(self.topics.source) + 1 :]
        self._count(f"heard: {name.partition('/')[0] if name != EVENT_ACK else EVENT_ACK}")
        try:
            if name == EVENT_ACK:
                self._acknowledged(payload)
            elif name == STATE:
                self._correct(payload)
            elif name == DESIRED:
                self._follow(self._orders.configuration(payload, self.machine.scene().draw))
            elif name == KEYS:
                self.machine.keys_version = int(json.loads(payload)["document"]["version"])
                self._publish(INFO, self.machine.info(), retain=True)
            else:
                self._follow(self._orders.command(name, payload, self.machine.scene()))
        except RefusedMessageError as error:
            self._count(f"wrong: {error}")

    def confirmed(self, packet_id: int) -> None:
        """See Peer."""
        self._count("confirmed")
        if packet_id == self._timed:
            self._round_trip_ms, self._timed = int((self._world.loop.time() - self._timed_at) * 1000), 0

    def down(self, connection: Connection, why: str) -> None:
        """See Peer."""
        if connection is not self.connection:
            return  # of the process before
        now = self._world.loop.time()
        if self._up_since and now - self._up_since > _STABLE_S:
            self._backoff.reset()
        self._up_since, self._timed, self.connection = 0.0, 0, None
        if why:
            self._count(f"link: {why}")
        if self.dials_at is None:
            self.dials_at = now + self._backoff.next_ms() / 1000

    def _happen(self, step: Step) -> None:
        if step.act is not None:
            self._restart(step.act)
        if step.record is not None:
            before = self.machine.lifecycle, self.machine.software
            stamp = self.machine.clock.stamp(self.machine.boot_id)
            written = self.outgoing.write(step.record, stamp, self._world.loop.time(), self.is_up)
            self.machine.note(step.record)
            self._made(written, step.record.kind)
            if before != (self.machine.lifecycle, self.machine.software):
                self._say_state()
                self._publish(INFO, self.machine.info(), retain=True)
        if step.saying is not None:
            self._say(step.saying)

    def _restart(self, act: Act) -> None:
        """The process ends, and another one connects in a moment."""
        self._count(f"act: {act.name.lower()}")
        if act is Act.BOOT:
            self.machine.boot()
            if self.connection is not None:
                self.connection.abort()
        else:
            self.leave()
            self.connection = None
        self.dials_at = self._world.loop.time() + self._world.draw.uniform(0.5, 3.0)

    def _follow(self, story: Story) -> None:
        if self.machine.add(story):
            self._act(self)

    def _made(self, written: Waiting, kind: str) -> None:
        figures = self._world.figures
        figures.counts["events"] += 1
        figures.counts[f"kind: {kind}"] += 1
        if self.is_up and self.machine.clock.kind is Kind.RIGHT:
            figures.latest = Mark(self.who.serial, self.outgoing.journal_id, written.sequence, kind, time.time())

    def _acknowledged(self, payload: bytes) -> None:
        ack = read_ack(payload, self.topics, self._world.keys)
        anchor, outgoing = ack.anchor, self.outgoing
        if ack.journal_id != outgoing.journal_id:
            self._count("wrong: acknowledgement for another journal")
        elif anchor.counter <= self._ack_counter:
            self._count("late acknowledgements")
        elif anchor.sequence > outgoing.outbox.sent:
            self._count("wrong: acknowledgement of what was not sent")
        elif anchor.sequence < outgoing.outbox.acknowledged:
            self._count("wrong: acknowledgement of less than before")
        elif anchor.head_hash != outgoing.hash_of(anchor.sequence):
            self._count("wrong: acknowledgement of another hash")
        else:
            self._ack_counter = anchor.counter
            self._silence_s = min(self._silence_s, _RESEND_S)
            self._settle(anchor.sequence)

    def _settle(self, sequence: int) -> None:
        now, figures = self._world.loop.time(), self._world.figures
        settled = self.outgoing.settle(sequence)
        for each in settled:
            (figures.to_ack if each.on_line else figures.delayed).add(now - each.made)
        if settled:
            figures.counts["acknowledged"] += len(settled)
            self._moved_at, self._silence_s = now, _RESEND_S
            self.send()

    def _tell_vitals(self, now: float) -> None:
        outgoing, machine = self.outgoing, self.machine
        age_s = 0 if outgoing.oldest is None else int(now - outgoing.oldest)
        told = Now(
            machine.clock,
            machine.boot_id,
            machine.lifecycle,
            machine.alarms,
            len(outgoing),
            age_s,
            self._round_trip_ms,
            max(0, self.connections - 1),
            *machine.sale,
        )
        self._timed, self._timed_at = self._publish(VITALS, readings(told, self._world.draw)), now

    def _state(self, word: str) -> bytes:
        return self.machine.state(word, self._session, self.outgoing.journal_id)

    def _correct(self, payload: bytes) -> None:
        """The broker keeps another state than this one: say it again, but not too often."""
        now = self._world.loop.time()
        if payload != self._state(ONLINE) and now - self._corrected_at > _CORRECT_S:
            self._corrected_at = now
            self._say_state()

    def _say_state(self) -> None:
        self._publish(STATE, self._state(ONLINE), retain=True)

    def _say(self, saying: Saying) -> None:
        self._publish(saying.name, saying.payload, saying.retain)

    def _publish(self, name: str, payload: bytes, retain: bool = False) -> int:
        if not self.is_up or self.connection is None:
            return 0
        self._count(f"said: {name.partition('/')[0] if name != REPORTED else REPORTED}")
        return self.connection.publish(self.topics.of(name), payload, retain)

    def _count(self, name: str) -> None:
        self._world.figures.counts[name] += 1
