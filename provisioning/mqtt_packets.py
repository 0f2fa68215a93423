"""The few MQTT packets that take no client (MQTT 3.1.1, 3.1, 3.2, 3.8 and 3.14)."""

import struct
from collections.abc import Sequence

ACCEPTED = b"\x20\x02\x00\x00"
DISCONNECT = b"\xe0\x00"

_CONNECT = 0x10
_SUBSCRIBE = 0x82
_LEVEL = 4
_CLEAN_SESSION = 0x02
_KEEP_ALIVE_S = 60


def connect(client_id: str) -> bytes:
    """CONNECT with a clean session, as `client_id`; "" for a name that the broker makes up."""
    return _packet(
        _CONNECT, _text("MQTT") + struct.pack(">BBH", _LEVEL, _CLEAN_SESSION, _KEEP_ALIVE_S) + _text(client_id)
    )


def subscribe(topics: Sequence[str]) -> bytes:
    """SUBSCRIBE to `topics` at QoS 0, with the packet identifier 1."""
    return _packet(_SUBSCRIBE, struct.pack(">H", 1) + b"".join(_text(topic) + b"\0" for topic in topics))


def _packet(kind: int, body: bytes) -> bytes:
    length, digits = len(body), bytearray()
    while length >= 0x80:
        digits.append(length % 0x80 | 0x80)
        length //= 0x80
    digits.append(length)
    return bytes([kind]) + digits + body


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()
