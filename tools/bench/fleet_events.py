"""Events of many made-up terminals, each in its chain, in the order in which a day brings them; and their way in."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from agent.report.topics import EVENT, Topics
from provisioning.mqtt_packets import connect
from tools.bench.errors import BenchError
from tools.fleet.load.connection import Connection
from tools.fleet.load.machine import Machine
from tools.fleet.load.outgoing import Outgoing
from tools.fleet.load.who import terminals
from tools.rig.files import FLEET

_UNDER_WAY = 500
_KEEP_ALIVE_S = 60
_PATIENCE_S = 120.0
_MOST = 2**30


class Said(NamedTuple):
    """One event: who says it, its place in the journal, and the message."""

    terminal: str
    sequence: int
    payload: bytes


class Terminals:
    """`count` terminals to which things happen, turn by turn."""

    def __init__(self, count: int) -> None:
        known = terminals(count, seed=1)
        self._all = [(Machine(who, seed=1), Outgoing(Topics(FLEET, who.serial).source, _MOST)) for who in known]
        self._turn = 0

    def say(self, events: int) -> list[Said]:
        """The next `events` events."""
        said = list[Said]()
        while len(said) < events:
            machine, outgoing = self._all[self._turn % len(self._all)]
            self._turn += 1
            machine.go_on()
            while machine.story and len(said) < events:
                record = machine.story.popleft().record
                if record is not None:
                    machine.note(record)
                    made = outgoing.write(record, machine.clock.stamp(machine.boot_id), 0.0, True)
                    said.append(Said(machine.who.serial, made.sequence, made.payload))
        return said


def publish(port: int, said: Sequence[Said]) -> None:
    """Publish at QoS 1 until the broker at `port` has taken it all. Raises BenchError."""
    asyncio.run(_publish(port, said))


async def _publish(port: int, said: Sequence[Said]) -> None:
    loop = asyncio.get_running_loop()
    peer = _Publisher(said)
    connection = Connection(loop, connect("bench-publisher", _KEEP_ALIVE_S), ["bench"], _KEEP_ALIVE_S, peer)
    peer.connection = connection
    await loop.create_connection(lambda: connection, "127.0.0.1", port)
    try:
        await asyncio.wait_for(peer.done, _PATIENCE_S)
    finally:
        connection.close()


class _Publisher:
    """See `tools.fleet.load.connection.Peer`: keeps so many under way until all are confirmed."""

    def __init__(self, said: Sequence[Said]) -> None:
        self.connection: Connection | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._said = said
        self._sent = self._confirmed = 0

    def up(self) -> None:
        """Begin."""
        for _ in range(_UNDER_WAY):
            self._next()

    def heard(self, topic: str, payload: bytes) -> None:
        """Nothing of what is said here."""

    def confirmed(self, packet_id: int) -> None:  # noqa: ARG002 - any of them makes room
        """One more, or the end."""
        self._confirmed += 1
        self._next()
        if self._confirmed == len(self._said):
            self.done.set_result(None)

    def down(self, connection: Connection, why: str) -> None:  # noqa: ARG002 - there is one
        """Too early, where it is not done."""
        if not self.done.done():
            self.done.set_exception(BenchError(f"fleet: the broker ended the publisher's connection: {why}"))

    def _next(self) -> None:
        if self._sent < len(self._said) and self.connection is not None:
            one = self._said[self._sent]
            self._sent += 1
            self.connection.publish(Topics(FLEET, one.terminal).of(EVENT), one.payload)
