"""A chain of signed entries: each holds the hash of the one before, so that none can be altered, left out or put in.

What a chain cannot show is that its end was cut off: note the head, and ask for it by name.
"""

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.canonical import encode, sha256_hex
from agent.errors import CanonicalError
from provisioning.errors import ChainError
from provisioning.keys import Signer

# The entry before the first one.
GENESIS = "0" * 64

Hash = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every entry has: its place from 1 on, the hash of the one before, and the key that signs it."""

    sequence: Annotated[int, msgspec.Meta(ge=1)]
    previous: Hash
    key_id: str
    public: Hash


E = TypeVar("E", bound=Link)


@dataclass(frozen=True, slots=True)
class Sealed(Generic[E]):
    """An entry with the bytes that were signed, their hash and the signature (hexadecimal)."""

    entry: E
    text: str
    digest: str
    signature: str

    @property
    def line(self) -> str:
        """All of it as one line of JSON."""
        return f'{{"entry":{self.text},"hash":"{self.digest}","signature":"{self.signature}"}}'


def seal(entry: E, signer: Signer) -> Sealed[E]:
    """Sign `entry`. Raises CanonicalError."""
    document = msgspec.to_builtins(entry)
    text = encode(document).decode()
    return Sealed(entry, text, sha256_hex(text.encode()), signer.sign(document))


def opened(kind: type[E], text: str, digest: str, signature: str, after: Sealed[E] | None) -> Sealed[E]:
    """The entry that these are, which follows the one `after`. Raises ChainError naming what does not hold."""
    sequence, previous = (after.entry.sequence, after.digest) if after else (0, GENESIS)
    where = f"entry {sequence + 1}"
    found = proven(kind, text, digest, signature, where)
    if (found.entry.sequence, found.entry.previous) != (sequence + 1, previous):
        raise ChainError(f"{where}: does not follow the entry before it: one was left out, put between or altered")
    return found


def proven(kind: type[E], text: str, digest: str, signature: str, where: str) -> Sealed[E]:
    """The entry that these are, by itself: its hash and its signature. Raises ChainError, which says `where`."""
    if not all(isinstance(part, str) for part in (text, digest, signature)):
        raise ChainError(f"{where}: not text")
    if sha256_hex(text.encode(errors="surrogateescape")) != digest:
        raise ChainError(f"{where}: its hash is not that of its text: it was altered")
    try:
        entry = msgspec.json.decode(text, type=kind)
        canonical = encode(msgspec.to_builtins(entry)).decode()
    except (ValueError, RecursionError, CanonicalError) as error:
        raise ChainError(f"{where}: no entry: {error}") from error
    if canonical != text:
        raise ChainError(f"{where}: not in canonical form")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(entry.public)).verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        raise ChainError(f"{where}: not signed by the key {entry.key_id} that it names") from None
    return Sealed(entry, text, digest, signature)
