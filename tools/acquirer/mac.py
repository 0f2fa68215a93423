"""The message authentication code of DE 64: UnionPay POS specification, "ECB algorithm", with a double-length key."""

from __future__ import annotations

import hmac

from tools.acquirer.keys import encrypt

MAC_BYTES = 8
_BLOCK = 8


def mac(key: bytes, data: bytes) -> bytes:
    """The eight bytes of DE 64 over `data`: the message from its type to the element before DE 64, bitmap included.

    `key` is the MAK, 16 bytes. The blocks are folded by XOR; the fold, as 16 hexadecimal characters, is enciphered in
    two halves; the first 8 hexadecimal characters of the result are the code.
    """
    fold = 0
    for start in range(0, len(data), _BLOCK):
        fold ^= int.from_bytes(data[start : start + _BLOCK].ljust(_BLOCK, b"\0"), "big")
    characters = fold.to_bytes(_BLOCK, "big").hex().upper().encode()
    first = encrypt(key, characters[:_BLOCK])
    mixed = bytes(a ^ b for a, b in zip(first, characters[_BLOCK:], strict=True))
    return encrypt(key, mixed).hex().upper().encode()[:MAC_BYTES]


def is_right(key: bytes, message: bytes) -> bool:
    """Whether the last eight bytes of `message` are the MAC of what stands before them."""
    return hmac.compare_digest(mac(key, message[:-MAC_BYTES]), message[-MAC_BYTES:])
