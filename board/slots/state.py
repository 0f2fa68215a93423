"""What lies on the disk about slots: read by chooser and terminal, written by root. The standard library only."""

import json
from pathlib import Path
from typing import NamedTuple

from agent.update.version import numbers
from board import private_file

STATE_FILE = "slots.json"
OUTCOME_FILE = "outcome.json"
# A day is more than any trial takes.
_MOST_S = 86_400
_LONGEST = 4_096
_READABLE = 0o644
_ID_DIGITS = 16


class Trial(NamedTuple):
    """The slot of release `version` is to be tried once, under the name `id`, for up to `seconds`."""

    id: str
    version: str
    seconds: int


class Slots(NamedTuple):
    """The release in force, "" for the package's own, by which trial it came to be, the one before, and the next."""

    version: str = ""
    id: str = ""
    before: str = ""
    trial: Trial | None = None


class Outcome(NamedTuple):
    """What became of the request `id`: `code` is "" where its release waits in a slot; `detail` is for people."""

    id: str
    version: str
    code: str
    detail: str


def is_id(text: object) -> bool:
    """Whether `text` can name a request or a trial."""
    return isinstance(text, str) and len(text) == _ID_DIGITS and all(sign in "0123456789abcdef" for sign in text)


def read_slots(folder: Path) -> Slots:
    """What root says of the slots in `folder`; where there is nothing, or nothing sensible: the package's release."""
    found = _read(folder / STATE_FILE)
    version, name, before, told = (found.get(field) for field in Slots._fields)
    sound = (_is_version(version), name == "" or is_id(name), _is_version(before))
    if not all(sound):
        return Slots()
    return Slots(str(version), str(name), str(before), _trial(told))


def write_slots(folder: Path, slots: Slots) -> None:
    """Have `slots` count from now on, power cut or not. Raises OSError."""
    private_file.replace(folder / STATE_FILE, json.dumps(slots._asdict()).encode(), _READABLE)


def read_outcome(folder: Path) -> Outcome | None:
    """What became of the latest request, None where there was none."""
    found = _read(folder / OUTCOME_FILE)
    texts = [found.get(name) for name in Outcome._fields]
    return Outcome(*map(str, texts)) if all(isinstance(text, str) for text in texts) else None


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Say what became of a request. Raises OSError."""
    private_file.replace(folder / OUTCOME_FILE, json.dumps(outcome._asdict()).encode(), _READABLE)


def _read(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as stream:
            found = json.loads(stream.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _trial(told: object) -> Trial | None:
    if not isinstance(told, list) or len(told) != len(Trial._fields):
        return None
    name, version, seconds = told
    if not is_id(name) or numbers(version) is None or type(seconds) is not int or not 0 < seconds <= _MOST_S:
        return None
    return Trial(name, version, seconds)


def _is_version(text: object) -> bool:
    return text == "" or numbers(text) is not None
