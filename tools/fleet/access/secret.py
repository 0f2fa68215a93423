"""Random secrets of sessions and tokens: 256 bits each, of which the store has the hash alone."""

import hashlib
import secrets

_BYTES = 32


def drawn() -> str:
    """A new secret: 43 characters that stand in a cookie or a header as they are."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(secret: str) -> str:
    """What the store keeps of `secret`. Nothing slower is needed: nobody tries out 256 bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
