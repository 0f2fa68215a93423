"""Entries of the registry: who issued which binding for whom and when, chained by their hashes and signed.

Each holds the hash of the one before, so that none can be changed, left out or put between without all after it. What a
chain cannot show is that its end was cut off: note the head, and ask for it by name.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.canonical import encode, sha256_hex
from agent.errors import CanonicalError
from provisioning.errors import RegistryError
from provisioning.keys import Signer

# The entry before the first one.
GENESIS = "0" * 64

ISSUED: Final = "issued"
RENEWED: Final = "renewed"
# To another merchant or terminal number: a switch. The binding before it is closed by it.
CHANGED: Final = "changed"
# Nothing is bound to the terminal's numbers from here on.
CLOSED: Final = "closed"

Hash = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happened to the binding of `serial`. `binding` is the signed record as a terminal takes it, {} when closed.

    `by` is who says to have done it; the signature is of whoever had the key. `closes` is the version that ended by it,
    0 for none; `switches` counts the changes of this terminal so far, `application` names the entries it was made of.
    """

    format: Literal["jumpguard.registry/1"] = "jumpguard.registry/1"
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    previous: Hash
    time: str
    by: str
    action: Literal["issued", "renewed", "changed", "closed"]
    why: str
    serial: str
    version: Annotated[int, msgspec.Meta(ge=1)]
    acquirer: str
    mid: str
    tid: str
    uscc: str
    application: str
    binding: dict[str, object]
    closes: int
    switches: int
    key_id: str
    public: Hash

    @property
    def bound(self) -> tuple[str, str, str, str]:
        """What the terminal was bound to: another one is a switch."""
        return self.acquirer, self.mid, self.tid, self.uscc


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry with the bytes that were signed, their hash and the signature (hexadecimal)."""

    entry: Entry
    text: str
    digest: str
    signature: str


def seal(entry: Entry, signer: Signer) -> Sealed:
    """Sign `entry`. Raises CanonicalError."""
    document = msgspec.to_builtins(entry)
    text = encode(document).decode()
    return Sealed(entry, text, sha256_hex(text.encode()), signer.sign(document))


def opened(text: str, digest: str, signature: str, after: Sealed | None) -> Sealed:
    """The entry of a row, which follows the one `after`. Raises RegistryError naming what does not hold."""
    sequence, previous = (after.entry.sequence, after.digest) if after else (0, GENESIS)
    where = f"entry {sequence + 1}"
    if not all(isinstance(part, str) for part in (text, digest, signature)):
        raise RegistryError(f"{where}: not text")
    if sha256_hex(text.encode(errors="surrogateescape")) != digest:
        raise RegistryError(f"{where}: its hash is not that of its text: it was altered")
    try:
        entry = msgspec.json.decode(text, type=Entry)
        canonical = encode(msgspec.to_builtins(entry)).decode()
    except (ValueError, RecursionError, CanonicalError) as error:
        raise RegistryError(f"{where}: no entry: {error}") from error
    if canonical != text:
        raise RegistryError(f"{where}: not in canonical form")
    if (entry.sequence, entry.previous) != (sequence + 1, previous):
        raise RegistryError(f"{where}: does not follow the entry before it: one was left out, put between or altered")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(entry.public)).verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        raise RegistryError(f"{where}: not signed by the key {entry.key_id} that it names") from None
    return Sealed(entry, text, digest, signature)
