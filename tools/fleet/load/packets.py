"""The packets of a terminal's connection (MQTT 3.1.1, 2 and 3), and how they are found in the bytes that come."""

import struct
from typing import NamedTuple

from provisioning.mqtt_packets import packet, text
from tools.fleet.load.errors import PacketError

CONNACK = 2
PUBLISH = 3
PUBACK = 4
SUBACK = 9
PINGRESP = 13
PINGREQ = b"\xc0\x00"
REFUSED = 0x80

_RETAIN = 0x01
_QOS_1 = 0x02
_QOS = 0x06
# A length has at most four digits of seven bits (2.2.3).
_LENGTH_DIGITS = 4


class Packet(NamedTuple):
    """One packet: its type, the flags beside that, and what is behind its length."""

    kind: int
    flags: int
    body: bytes


class Message(NamedTuple):
    """What a PUBLISH carries. `packet_id` is 0 at QoS 0."""

    topic: str
    payload: bytes
    packet_id: int


def publish(topic: str, payload: bytes, packet_id: int = 0, retain: bool = False) -> bytes:
    """PUBLISH at QoS 1 as `packet_id`, or at QoS 0 without one (3.3)."""
    kind = PUBLISH << 4 | (_RETAIN if retain else 0) | (_QOS_1 if packet_id else 0)
    return packet(kind, text(topic) + (struct.pack(">H", packet_id) if packet_id else b"") + payload)


def puback(packet_id: int) -> bytes:
    """PUBACK of the PUBLISH `packet_id` (3.4)."""
    return packet(PUBACK << 4, struct.pack(">H", packet_id))


def read_publish(told: Packet) -> Message:
    """The message in a PUBLISH at QoS 0 or 1. Raises PacketError."""
    body = told.body
    end = 2 + number(body)
    begin = end + 2 if told.flags & _QOS else end
    if len(body) < begin:
        raise PacketError("mqtt: a PUBLISH ends within its topic")
    try:
        topic = body[2:end].decode()
    except UnicodeDecodeError as error:
        raise PacketError("mqtt: the topic of a PUBLISH is not UTF-8") from error
    return Message(topic, body[begin:], number(body, end) if begin > end else 0)


def number(body: bytes, at: int = 0) -> int:
    """The two bytes at `at`, such as a packet's identifier (2.3.1). Raises PacketError."""
    if len(body) < at + 2:
        raise PacketError("mqtt: a packet is too short")
    return int.from_bytes(body[at : at + 2])


class Packets:
    """Finds packets in a stream that may be cut anywhere."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that `data` completes, in order. Raises PacketError: nothing can be found behind that."""
        stream = self._rest + data if self._rest else data
        found, at = list[Packet](), 0
        while (head := _head(stream, at)) is not None:
            begin, end = head
            if end > len(stream):
                break
            found.append(Packet(stream[at] >> 4, stream[at] & 0x0F, stream[begin:end]))
            at = end
        self._rest = stream[at:]
        return found


def _head(stream: bytes, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at `at` begins and ends; None when its length is not there yet."""
    length = 0
    for digit in range(_LENGTH_DIGITS):
        if at + 1 + digit >= len(stream):
            return None
        byte = stream[at + 1 + digit]
        length |= (byte & 0x7F) << 7 * digit
        if byte < 0x80:
            begin = at + 2 + digit
            return begin, begin + length
    raise PacketError("mqtt: a length has more than four digits")
