"""The few MQTT packets that take no client (MQTT 3.1.1, 3.1, 3.2 and 3.14)."""

import struct

ACCEPTED = b"\x20\x02\x00\x00"
DISCONNECT = b"\xe0\x00"

_CLEAN_SESSION = 0x02
_KEEP_ALIVE_S = 60
# The length of what follows is one byte up to here.
_LONGEST = 127 - 12


def connect(client_id: str) -> bytes:
    """CONNECT with a clean session, as `client_id`, 115 bytes at most; "" for a name that the broker makes up."""
    name = client_id.encode()
    assert len(name) <= _LONGEST, client_id
    variable = b"\x00\x04MQTT\x04" + struct.pack(">BH", _CLEAN_SESSION, _KEEP_ALIVE_S)
    body = variable + struct.pack(">H", len(name)) + name
    return b"\x10" + bytes([len(body)]) + body
