"""The few MQTT packets that take no client (MQTT 3.1.1, 3.1, 3.2, 3.8 and 3.14)."""

import struct
from collections.abc import Sequence

ACCEPTED = b"\x20\x02\x00\x00"
DISCONNECT = b"\xe0\x00"

_CONNECT = 0x10
_SUBSCRIBE = 0x82
_LEVEL = 4
_CLEAN_SESSION = 0x02
# Will flag, will QoS 1, will retain (3.1.2.5 to 3.1.2.7).
_RETAINED_WILL = 0x04 | 0x08 | 0x20
_KEEP_ALIVE_S = 60


def connect(client_id: str, keep_alive_s: int = _KEEP_ALIVE_S, will: tuple[str, bytes] | None = None) -> bytes:
    """CONNECT with a clean session, as `client_id`; "" for a name that the broker makes up.

    `will` is the topic and the payload of what the broker is to keep there at QoS 1 once the connection is lost.
    """
    flags, said = _CLEAN_SESSION, text(client_id)
    if will is not None:
        flags |= _RETAINED_WILL
        said += text(will[0]) + struct.pack(">H", len(will[1])) + will[1]
    return packet(_CONNECT, text("MQTT") + struct.pack(">BBH", _LEVEL, flags, keep_alive_s) + said)


def subscribe(topics: Sequence[str]) -> bytes:
    """SUBSCRIBE to `topics` at QoS 0, with the packet identifier 1."""
    return packet(_SUBSCRIBE, struct.pack(">H", 1) + b"".join(text(topic) + b"\0" for topic in topics))


def packet(kind: int, body: bytes) -> bytes:
    """A packet whose first byte is `kind`: its length in front of `body` (2.2.3)."""
    length, digits = len(body), bytearray()
    while length >= 0x80:
        digits.append(length % 0x80 | 0x80)
        length //= 0x80
    digits.append(length)
    return bytes([kind]) + digits + body


def text(said: str) -> bytes:
    """`said` with its length in front (1.5.3)."""
    data = said.encode()
    return struct.pack(">H", len(data)) + data
