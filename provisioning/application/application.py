"""An application: what was entered for one terminal, checked, as it is reviewed and signed. A JSON file.

It says nothing of when it was made: the same entries make the same file, and a hash of it names the entries.
"""

import json
from pathlib import Path
from typing import Literal

import msgspec

from agent.canonical import encode, sha256_hex
from board import private_file
from provisioning.application import tidy
from provisioning.application.account import Account
from provisioning.application.fields import ACCOUNT, FIELDS
from provisioning.application.photos import Photo
from provisioning.errors import ApplicationError, EntryError
from provisioning.texts import _

SUFFIX = ".application.json"


class Application(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The entries by their names in plain form, what is kept of the account, and the photos."""

    format: Literal["jumpguard.application/1"] = "jumpguard.application/1"
    entries: dict[str, str]
    account: Account | None = None
    photos: list[Photo] = []

    @property
    def serial(self) -> str:
        """The terminal that it is for."""
        return self.entries["serial"]

    @property
    def digest(self) -> str:
        """What names these entries: the SHA-256 of their canonical bytes, in hexadecimal."""
        return sha256_hex(encode(msgspec.to_builtins(self)))

    def get(self, name: str) -> str:
        """The entry `name`, "" when it was left open."""
        return self.entries.get(name, "")


def missing(entries: dict[str, str], account: Account | None) -> list[str]:
    """The names of required entries that are not there."""
    names = [field.name for field in FIELDS if field.required and field.name != ACCOUNT and field.name not in entries]
    if "uscc" not in entries and "licence" not in entries:
        names.append("uscc")
    return names if account else [*names, ACCOUNT]


def complete(entries: dict[str, str]) -> dict[str, str]:
    """`entries` with the defaults of those that were left open, in the order of the fields."""
    chosen = {field.name: entries.get(field.name) or field.default for field in FIELDS if field.name != ACCOUNT}
    return {name: text for name, text in chosen.items() if text}


def load(path: Path) -> Application:
    """Read an application and check every entry anew. Raises ApplicationError, a line for each wrong entry."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Application)
    except OSError as error:
        raise ApplicationError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError):  # without `from`: it might be any file, of which nothing is to be quoted
        raise ApplicationError(
            _("{path}: no application; give what `jumpguard provision apply` wrote").format(path=path)
        ) from None
    faults = _faults(found)
    if faults:
        raise ApplicationError("\n".join(f"{path}: {fault}" for fault in faults))
    return found


def save(application: Application, folder: Path) -> Path:
    """Write `application` into `folder` under its serial, readable by its owner alone; returns the file.

    A power cut leaves the one before or the new one. Raises ApplicationError when it cannot be written.
    """
    path = folder / f"{application.serial}{SUFFIX}"
    text = json.dumps(msgspec.to_builtins(application), ensure_ascii=False, indent=2)
    try:
        private_file.replace(path, f"{text}\n".encode())
    except OSError as error:
        raise ApplicationError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def _faults(found: Application) -> list[str]:
    known = {field.name: field for field in FIELDS if field.name != ACCOUNT}
    faults = [
        _("{name}: not an entry of this software").format(name=tidy.quoted(name))
        for name in found.entries.keys() - known
    ]
    for name, text in found.entries.items():
        if name in known:
            try:
                if known[name].check(text) != text:
                    faults.append(_("{name}: not in its plain form; apply again").format(name=name))
            except EntryError as error:
                faults.append(f"{name}: {error}")
    absent = missing(found.entries, found.account)
    return faults + [_("{name}: missing; apply again").format(name=name) for name in absent]
