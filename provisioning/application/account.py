"""The settlement account: of its number only the last 4 digits and a keyed hash are kept.

The key lies in a file at the acquirer's desk. Without it nobody can try out which account a hash is of.
"""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Annotated

import msgspec

from agent.canonical import encode
from board import private_file
from board.errors import SettingsError
from provisioning.application import identifiers
from provisioning.errors import KeyFileError

_KEY_BYTES = 32


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of an account."""

    last4: Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}\Z")]
    hash: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class AccountKey:
    """The acquirer desk's key for hashes of accounts; it prints as nothing."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def keep(self, text: str) -> Account:
        """What is kept of the account that was entered as `text`. Raises EntryError, which holds nothing of it."""
        number = identifiers.account(text)
        # What the hash is of stands in it, so that the key cannot be made to sign anything else.
        data = encode({"settlement_account": number})
        return Account(number[-4:], hmac.new(self._key, data, hashlib.sha256).hexdigest())


def create_key(path: Path) -> None:
    """Make a new key in `path`, readable by its owner alone. Raises KeyFileError when the file is there already."""
    try:
        private_file.create(path, secrets.token_hex(_KEY_BYTES).encode() + b"\n")
    except FileExistsError as error:
        raise KeyFileError(
            f"account key {path}: it is there already, and hashes need it; go on using it, or name another file"
        ) from error
    except OSError as error:
        raise KeyFileError(f"account key {path}: cannot be written: {error.strerror}") from error


def load_key(path: Path) -> AccountKey:
    """Read a key that `create_key` made. Raises KeyFileError, which never quotes the file."""
    try:
        key = bytes.fromhex(private_file.secret(path, "account key"))
    except SettingsError as error:
        raise KeyFileError(f"{error}; make it once: jumpguard provision account-key {path}") from error
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise KeyFileError(f"account key {path}: not 64 hexadecimal digits; restore it from its copy")
    return AccountKey(key)
