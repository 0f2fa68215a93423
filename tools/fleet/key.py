"""The backend's Ed25519 key, which signs what the backend tells terminals (DESIGN 6)."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.canonical import sha256_hex
from tools.fleet.errors import KeyFileError


class _File(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    private: str


@dataclass(frozen=True, slots=True, repr=False)
class BackendKey:
    """A private key and the name under which the operator's key set knows its public half."""

    id: str
    private: Ed25519PrivateKey

    @property
    def public_hex(self) -> str:
        """The public half: 32 bytes in hexadecimal."""
        return _public(self.private).hex()


def create_key(path: Path) -> BackendKey:
    """Make a new key and write it to `path`, which only its owner can read.

    Raises KeyFileError when the file is there already: a key that acknowledgements were signed with is not to be lost.
    """
    private = Ed25519PrivateKey.generate()
    key = BackendKey(f"backend-{sha256_hex(_public(private))[:8]}", private)
    content = json.dumps({"id": key.id, "private": private.private_bytes_raw().hex()}) + "\n"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError as error:
        raise KeyFileError(f"key file {path}: it is there already; name another one") from error
    except OSError as error:
        raise KeyFileError(f"key file {path}: cannot be written: {error.strerror}") from error
    return key


def load_key(path: Path) -> BackendKey:
    """Read the key that `create_key` wrote. Raises KeyFileError, which never quotes the file."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"key file {path}: others may read it; run `chmod 600 {path}`, better make a new key")
        content = msgspec.json.decode(path.read_bytes(), type=_File)
        return BackendKey(content.id, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(content.private)))
    except OSError as error:
        raise KeyFileError(f"key file {path}: cannot be read: {error.strerror}") from error
    except ValueError:  # msgspec's errors are ValueErrors as well
        raise KeyFileError(f"key file {path}: not a key; make one with `jumpguard fleet key {path}`") from None


def _public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
