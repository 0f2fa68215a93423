"""The terminal master key (TMK) and the working keys that the acquirer sends under it. All live in memory only.

"DES" with a double-length key is 3DES-EDE; `cryptography` wants both halves and the first again, 24 bytes.
"""

import hmac

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from agent.errors import SettingsError, SignOnRefusedError

BLOCK = 8
KEY_LENGTH = 16
CHECK_LENGTH = 4
_PART = KEY_LENGTH + CHECK_LENGTH


class Secret:
    """Key bytes that print as their length only."""

    __slots__ = ("_value",)

    def __init__(self, value: "bytes | bytearray | memoryview") -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """The bytes themselves: for a cipher, never for a log."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return f"<Secret of {len(self._value)} bytes>"


def master_key(value: "bytes | bytearray | memoryview | Secret") -> Secret:
    """The TMK as given by whoever read its file. Raises SettingsError unless it is of double length, 16 bytes."""
    secret = value if isinstance(value, Secret) else Secret(value)
    if len(secret) != KEY_LENGTH:
        raise SettingsError(f"the terminal master key has {len(secret)} bytes; a double-length key has {KEY_LENGTH}")
    return secret


def encrypt(key: Secret, data: bytes) -> bytes:
    """`data`, whole blocks of 8 bytes, encrypted with 3DES-EDE in ECB mode."""
    return _cipher(key).encryptor().update(data)


def decrypt(key: Secret, data: bytes) -> bytes:
    """The reverse of `encrypt`."""
    return _cipher(key).decryptor().update(data)


def mac_key(tmk: Secret, key_block: bytes) -> Secret:
    """The MAC key (MAK) out of DE 62 of a sign-on answer: PIK, its check value, MAK, its check value.

    The PIN key (PIK) is checked too, since a wrong one means another TMK, and let go: no PIN is ever taken.
    Raises SignOnRefusedError with `KEYS` when the length or a check value is wrong.
    """
    if len(key_block) != 2 * _PART:
        raise SignOnRefusedError("KEYS", f"DE 62 has {len(key_block)} bytes of working keys; {2 * _PART} are needed")
    _opened(tmk, "PIK", key_block[:_PART])
    return _opened(tmk, "MAK", key_block[_PART:])


def _opened(tmk: Secret, name: str, part: bytes) -> Secret:
    """The key in `part`, decrypted and held against its check value: the first bytes of zeros encrypted with it."""
    key = Secret(decrypt(tmk, part[:KEY_LENGTH]))
    if not hmac.compare_digest(encrypt(key, bytes(BLOCK))[:CHECK_LENGTH], part[KEY_LENGTH:]):
        raise SignOnRefusedError(
            "KEYS", f"the check value of the {name} is wrong; compare the terminal's master key with the acquirer's"
        )
    return key


def _cipher(key: Secret) -> Cipher[modes.ECB]:
    double = key.reveal()
    # Single blocks of random keys and of MACs, as the layout prescribes: ECB is the block cipher itself here.
    return Cipher(TripleDES(double + double[:BLOCK]), modes.ECB())  # noqa: S305
