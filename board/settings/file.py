"""The file that the settings stand in: TOML, checked whole. Unknown keys are refused with their section and name."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from board.errors import SettingsError
from board.settings.sections import Settings


def load(path: Path) -> Settings:
    """Read `path`. Raises SettingsError naming the file, the section and key, the value's fault and the remedy."""
    try:
        return msgspec.convert(document(path), Settings, dec_hook=_decoded)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {_in_sections(str(error))}") from error


def document(path: Path) -> dict[str, Any]:
    """What `path` says, not checked against what there is to set. Raises SettingsError with the line of the fault."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: not TOML of settings: nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, and whole numbers of thousands of digits
        end = f"at the end, line {len(text.splitlines())}"
        raise SettingsError(f"{path}: not TOML: {str(error).replace('at end of document', end)}") from error


def fault(value: object, kind: Any) -> str:
    """Why `value` would not be taken for a key, or a section, that is declared as `kind`; "" when it would."""
    try:
        msgspec.convert(value, kind, dec_hook=_decoded)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _decoded(kind: type, value: object) -> object:
    """What TOML has no type for: paths. An empty one would be the folder that happens to be the current one."""
    if kind is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value)
    # Not quoted: who mistakes `tmk_file` for the key itself shall not find it in a log.
    raise ValueError("Expected a path in quotes")


def _in_sections(message: str) -> str:
    """msgspec names places as `$.section.key`; a settings file has `[section] key`."""
    text, _, place = message.partition(" - at `$.")
    if not place:
        return text
    section, _, key = place.rstrip("`").partition(".")
    return f"[{section}] {key}: {text}" if key else f"[{section}]: {text}"
