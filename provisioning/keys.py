"""Signing keys (Ed25519, RFC 8032). `provisioning.key_set` is how the operator root vouches for the others.

| role | signs | where it lives |
|---|---|---|
| root | the key set | offline |
| binding | bindings | at the acquirer's desk, never in the backend |
| backend | acknowledgements, commands and configurations | in the backend |
| technician | the audit trail alone, so that no key set names it | with the technician |
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.canonical import encode, sha256_hex
from agent.keys.key_set import BACKEND as BACKEND
from agent.keys.key_set import BINDING_SIGNER
from board import private_file
from provisioning.errors import KeyFileError

ROOT = "root"
BINDING = BINDING_SIGNER
TECHNICIAN = "technician"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    private: str


class Signer(Protocol):
    """Whoever signs with a key that the key set names: a key in a file, or one that never leaves a token."""

    @property
    def id(self) -> str:
        """The name under which its public half is known."""

    @property
    def public_hex(self) -> str:
        """The public half: 32 bytes in hexadecimal."""

    def sign(self, document: object) -> str:
        """The signature over the canonical bytes of `document`, in hexadecimal. Raises KeyFileError or SigningError."""


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key and the name under which its public half is known."""

    id: str
    private: Ed25519PrivateKey

    @property
    def public_hex(self) -> str:
        """The public half: 32 bytes in hexadecimal."""
        return self.private.public_key().public_bytes_raw().hex()

    def sign(self, document: object) -> str:
        """The signature over the canonical bytes of `document`, in hexadecimal."""
        return self.sign_bytes(encode(document))

    def sign_bytes(self, canonical: bytes) -> str:
        """The signature over the `canonical` bytes of a document, in hexadecimal."""
        return self.private.sign(canonical).hex()


def create(path: Path, role: str) -> SigningKey:
    """Make a new key for `role` and write it to `path`, which only its owner can read.

    Raises KeyFileError when the file is there already: a key that something was signed with is not to be lost.
    """
    private = Ed25519PrivateKey.generate()
    key = SigningKey(f"{role}-{sha256_hex(private.public_key().public_bytes_raw())[:8]}", private)
    content = json.dumps({"id": key.id, "private": private.private_bytes_raw().hex()}) + "\n"
    try:
        private_file.create(path, content.encode())
    except FileExistsError as error:
        raise KeyFileError(f"key file {path}: it is there already; name another one") from error
    except OSError as error:
        raise KeyFileError(f"key file {path}: cannot be written: {error.strerror}") from error
    return key


def load(path: Path) -> SigningKey:
    """Read a key that `create` wrote. Raises KeyFileError, which never quotes the file."""
    try:
        reachable = path.stat().st_mode & 0o077
        raw = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"key file {path}: cannot be read: {error.strerror}") from error
    if reachable:
        raise KeyFileError(f"key file {path}: others may read it; run `chmod 600 {path}`, better make a new key")
    if raw.startswith(b"-----BEGIN"):
        raise KeyFileError(f"key file {path}: this is a TLS key: it belongs to --key-file; --key signs, and is JSON")
    try:
        content = msgspec.json.decode(raw, type=_File)
        return SigningKey(content.id, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(content.private)))
    except ValueError:  # msgspec's errors are ValueErrors as well; the cause would quote the file
        raise KeyFileError(f"key file {path}: not a key; make a new one") from None
