"""What was answered so far of an application, kept so that an interruption loses nothing. The account is not in it."""

import json
import os
from pathlib import Path

import msgspec

from board import private_file
from provisioning.application.application import Application
from provisioning.application.fields import ACCOUNT, BY_NAME
from provisioning.application.photos import Photo
from provisioning.errors import EntryError


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    """The answers by the names of the entries, in plain form, and the photos."""

    entries: dict[str, str] = {}
    photos: list[Photo] = []


def usual_path() -> Path:
    """Where a draft lies unless another place is named (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "jumpguard" / "application-draft.json"


def of(application: Application) -> Draft:
    """A draft that begins with the entries of `application`."""
    return Draft(dict(application.entries), list(application.photos))


def load(path: Path) -> Draft | None:
    """The draft in `path`, less what is not right in it; None when there is none that can be used."""
    try:
        draft = msgspec.json.decode(path.read_bytes(), type=Draft)
    except (OSError, ValueError, RecursionError):
        return None
    draft.entries = {name: text for name, text in draft.entries.items() if _right(name, text)}
    return draft if draft.entries else None


def save(path: Path, draft: Draft) -> None:
    """Keep `draft` in `path`, readable by its owner alone: a power cut leaves this one or the one before.

    Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(msgspec.to_builtins(draft), ensure_ascii=False)
    private_file.replace(path, text.encode())


def _right(name: str, text: str) -> bool:
    if name == ACCOUNT or name not in BY_NAME:
        return False
    try:
        return BY_NAME[name].check(text) == text
    except EntryError:
        return False
