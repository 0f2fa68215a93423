"""One MQTT connection of a made-up terminal, on the event loop itself: ten thousand of them fit into one process."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from provisioning.mqtt_packets import DISCONNECT, subscribe
from tools.fleet.load import packets
from tools.fleet.load.errors import PacketError

_LAST_ID = 0xFFFF
# When an idle side asks whether the other is there, and when it gives up on it, in parts of the keep-alive.
_ASK = 0.75
_GIVE_UP = 1.5


class Peer(Protocol):
    """Whoever the connection is for; called on the event loop."""

    def up(self) -> None:
        """The broker has granted every subscription."""

    def heard(self, topic: str, payload: bytes) -> None:
        """A message came."""

    def confirmed(self, packet_id: int) -> None:
        """The broker has taken the message `packet_id` (PUBACK)."""

    def down(self, connection: "Connection", why: str) -> None:
        """`connection` has ended, or never began; `why` is "" when this side ended it."""


class Connection(asyncio.Protocol):
    """CONNECT with `hello`, then SUBSCRIBE to `topics` at QoS 0, then what `peer` wants. Times are the loop's, in s."""

    __slots__ = ("_hello", "_keep_alive_s", "_loop", "_next_id", "_packets", "_peer", "_topics", "_transport", "_why",
                 "heard_at", "is_up", "said_at", "unconfirmed")  # fmt: skip

    def __init__(
        self, loop: asyncio.AbstractEventLoop, hello: bytes, topics: Sequence[str], keep_alive_s: float, peer: Peer
    ) -> None:
        self._loop = loop
        self._hello = hello
        self._topics = topics
        self._keep_alive_s = keep_alive_s
        self._peer = peer
        self._packets = packets.Packets()
        self._transport: asyncio.Transport | None = None
        self._next_id = 0
        self._why = "the broker ended it"
        self.is_up = False
        # How many messages the broker has not confirmed.
        self.unconfirmed = 0
        self.heard_at = self.said_at = loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._write(self._hello)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self.heard_at = self._loop.time()
        try:
            for each in self._packets.feed(data):
                self._take(each)
        except PacketError as error:
            self.abort(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._transport, self.is_up = None, False
        self._peer.down(self, self._why if exc is None else type(exc).__name__)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> int:
        """Publish at QoS 1 and return the packet's identifier; 0 when there is no connection to do so."""
        if not self.is_up:
            return 0
        self._next_id = self._next_id % _LAST_ID + 1
        self.unconfirmed += 1
        self._write(packets.publish(topic, payload, self._next_id, retain))
        return self._next_id

    def look(self) -> None:
        """Ask whether the broker is there where nothing was said for long, and give it up where it does not answer."""
        now = self._loop.time()
        if now - self.heard_at > _GIVE_UP * self._keep_alive_s:
            self.abort("the broker is silent")
        elif self.is_up and now - self.said_at > _ASK * self._keep_alive_s:
            self._write(packets.PINGREQ)

    def close(self) -> None:
        """Leave in good order: the broker does not say the will."""
        self._why, self.is_up = "", False
        if self._transport is not None:
            self._write(DISCONNECT)
            self._transport.close()

    def abort(self, why: str = "") -> None:
        """End it as a cut line does: the broker says the will."""
        self._why, self.is_up = why, False
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self.said_at = self._loop.time()
            self._transport.write(data)

    def _take(self, told: packets.Packet) -> None:
        if told.kind == packets.PUBLISH:
            message = packets.read_publish(told)
            if message.packet_id:
                self._write(packets.puback(message.packet_id))
            self._peer.heard(message.topic, message.payload)
        elif told.kind == packets.PUBACK:
            self.unconfirmed -= 1
            self._peer.confirmed(packets.number(told.body))
        elif told.kind == packets.CONNACK:
            if told.body != b"\0\0":
                self.abort(f"the broker refused the session: {told.body[1:].hex()}")
            else:
                self._write(subscribe(self._topics))
        elif told.kind == packets.SUBACK:
            if packets.REFUSED in told.body[2:]:
                self.abort("the broker refused a subscription")
            else:
                self.is_up = True
                self._peer.up()
