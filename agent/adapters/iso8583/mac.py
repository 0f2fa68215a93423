"""The message authentication code, DE 64: UnionPay's ECB variant over message type, bitmap and elements."""

import hmac

from agent.adapters.iso8583.keys import BLOCK, Secret, encrypt
from agent.messages import MAC, Message

MAC_LENGTH = 8


def mac(key: Secret, data: bytes) -> bytes:
    """The eight ASCII bytes of DE 64 over `data`: the message up to DE 63, with bit 64 set in its bitmap."""
    folded = _folded(data).hex().upper().encode("ascii")
    inner = encrypt(key, folded[:BLOCK])
    outer = encrypt(key, _xor(inner, folded[BLOCK:]))
    return outer.hex().upper().encode("ascii")[:MAC_LENGTH]


def signed(key: Secret, body: bytes) -> bytes:
    """`body`, a whole message whose DE 64 holds any eight bytes, with the right ones."""
    unsigned = body[:-MAC_LENGTH]
    return unsigned + mac(key, unsigned)


def is_authentic(key: Secret, message: Message, body: bytes) -> bool:
    """Whether `message` carries a DE 64 and it is right for `body`, the bytes that `message` was decoded from."""
    value = message.fields.get(MAC)
    return isinstance(value, bytes) and hmac.compare_digest(mac(key, body[:-MAC_LENGTH]), value)


def _folded(data: bytes) -> bytes:
    """All blocks of `data`, the last one filled with zeros, combined by exclusive or."""
    result = bytes(BLOCK)
    for start in range(0, len(data), BLOCK):
        result = _xor(result, data[start : start + BLOCK].ljust(BLOCK, b"\0"))
    return result


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
