"""Keys of the simulated acquirer: double-length 3DES, working keys under a terminal's master key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

KEY_BYTES = 16
CHECK_BYTES = 4


def encrypt(key: bytes, data: bytes) -> bytes:
    """3DES-EDE in ECB mode of whole 8-byte blocks under a double-length key (16 bytes: K1, K2, K1 again)."""
    # ECB is what the specification of the working keys and of the MAC asks for.
    encryptor = Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(data) + encryptor.finalize()


def check_value(key: bytes) -> bytes:
    """The first four bytes of eight zero bytes under `key`: tells that a key arrived whole, not what it is."""
    return encrypt(key, bytes(8))[:CHECK_BYTES]


@dataclass(frozen=True, repr=False)
class WorkingKeys:
    """The PIN key and the MAC key of one sign-on, 16 bytes each."""

    pik: bytes
    mak: bytes

    @classmethod
    def fresh(cls) -> WorkingKeys:
        """Two new random keys."""
        return cls(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))

    def under(self, tmk: bytes) -> bytes:
        """DE 62 of the sign-on's answer: each key under the terminal master key, followed by its check value."""
        return b"".join(encrypt(tmk, key) + check_value(key) for key in (self.pik, self.mak))
