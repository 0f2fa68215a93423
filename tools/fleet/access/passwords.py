"""Passwords, kept as argon2id hashes with parameters that OWASP's Password Storage Cheat Sheet recommends.

What a password has to be is its length alone, as NIST SP 800-63B, 3.1.1 has it: rules on characters make worse ones.
"""

import secrets
import unicodedata
from functools import cache
from threading import BoundedSemaphore
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tools.fleet.errors import AccessError

SHORTEST = 12
LONGEST = 1_000
_MEMORY_KIB = 19_456
_PASSES = 2
# Each takes that memory: many log-ins at once wait, and do not fill the memory.
_AT_ONCE = 2

PasswordHash = NewType("PasswordHash", str)

_hasher = PasswordHasher(_PASSES, _MEMORY_KIB, parallelism=1)
_turns = BoundedSemaphore(_AT_ONCE)


def hashed(password: str) -> PasswordHash:
    """The hash to keep of a new `password`. Raises AccessError when it is too short or too long.

    It takes as long as a core can do it in, on purpose: do it before a transaction, not in it.
    """
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise AccessError(f"password: it has {len(text)} characters; take {SHORTEST} to {LONGEST} of any kind")
    with _turns:
        return PasswordHash(_hasher.hash(text))


def is_right(password: str, kept: str) -> bool:
    """Whether `password` is the one whose hash is `kept`; with "", of nobody, it is not, and takes as long."""
    try:
        text = _normal(password)
        with _turns:
            return _hasher.verify(kept or _nobody(), text) and kept != ""
    except (VerificationError, InvalidHashError, AccessError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than new ones are."""
    return _hasher.check_needs_rehash(kept)


def drawn() -> str:
    """A new random password of 20 characters (120 bits)."""
    return secrets.token_urlsafe(15)


@cache
def _nobody() -> str:
    return _hasher.hash(drawn())


def _normal(password: str) -> str:
    """The same password whichever way a keyboard composes its characters. Raises AccessError when it is no text."""
    text = unicodedata.normalize("NFC", password)
    if not text.isprintable():
        raise AccessError("password: it has characters that cannot be typed; leave them out")
    return text
