"""Everything that is wrong with a settings file, at once. The terminal itself stops at the first fault."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from board.errors import SettingsError
from board.private_file import secret
from board.settings.file import document, fault
from board.settings.kinds import Lies
from provisioning.settings.keys import KEYS, SECTIONS, STRUCTS, Key, keys_of, nearest, suggestion
from provisioning.settings.shown import name_shown, value_shown
from provisioning.texts import _


def problems(path: Path, files: bool = True) -> list[str]:
    """One line for each problem of `path`; none means that the terminal takes it.

    With `files` also what is wrong with the files that it names, as whoever runs this sees them. Raises SettingsError
    when `path` cannot be read or is not TOML.
    """
    given = document(path)
    found = [*_unknown_sections(given)]
    for section in SECTIONS:
        found += _in_section(section, given.get(section))
    if files:
        for key in KEYS:
            found += _at_path(key, given)
    return found


def _unknown_sections(given: dict[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if name in SECTIONS:
            continue
        owners = [key.section for key in KEYS if key.name == name]
        if isinstance(value, dict) or not owners:
            text = _("there is no such section") + suggestion(nearest(name, list(SECTIONS)))
        else:
            text = _("a key outside of any section; it belongs to {sections}").format(sections=_listed(owners))
        yield f"{name_shown(name)}: {text}"


def _in_section(section: str, given: object) -> Iterator[str]:
    required = [key.name for key in keys_of(section) if key.required]
    if given is None:
        if required:
            yield f"[{section}]: " + _("the section is missing; it needs {keys}").format(keys=", ".join(required))
    elif not isinstance(given, dict):
        yield f"[{section}]: " + _("is a section: its keys stand below [{section}]").format(section=section)
    else:
        wrong = [*_unknown_keys(section, given), *_wrong_values(section, given)]
        yield from wrong
        # Each key for itself is right: what is left is what does not go together.
        together = "" if wrong else fault(given, STRUCTS[section])
        if together:
            yield f"[{section}]: " + _(together)


def _unknown_keys(section: str, given: dict[str, Any]) -> Iterator[str]:
    known = [key.name for key in keys_of(section)]
    for name in given:
        if name in known:
            continue
        near, owners = nearest(name, known), [key.section for key in KEYS if key.name == name]
        hint = suggestion(near)
        if owners:
            hint = _("; it belongs to {sections}").format(sections=_listed(owners))
        yield f"[{section}] {name_shown(name)}: " + _("there is no such key") + hint


def _wrong_values(section: str, given: dict[str, Any]) -> Iterator[str]:
    for key in keys_of(section):
        if key.name not in given:
            if key.required:
                yield f"{_place(key)}: " + _("is missing; due: {due}").format(due=key.due)
        elif fault(given[key.name], key.declared):
            default = (
                _("no default") if key.default is None else _("default: {default}").format(default=key.default_text)
            )
            text = _("{value} is refused; due: {due}; {default}")
            yield f"{_place(key)}: " + text.format(
                value=value_shown(given[key.name], key.lies), due=key.due, default=default
            )


def _at_path(key: Key, given: dict[str, Any]) -> Iterator[str]:
    """What is wrong with what lies at the path that `key` has."""
    section = given.get(key.section, {})
    value = section.get(key.name, key.default) if isinstance(section, dict) else None
    if key.lies is None or value is None or fault(value, key.declared):
        return
    wrong = fault_at(Path(value), key.lies)
    if wrong:
        yield f"{_place(key)}: {wrong}"


def fault_at(path: Path, lies: Lies) -> str:
    """What keeps whoever runs this from using what has to lie at `path`; "" where nothing does."""
    if lies is Lies.SECRET:
        return _secret_fault(path)
    if lies is Lies.MADE:
        path = _nearest_existing(path)
    try:
        mode = path.stat().st_mode
        if lies is Lies.FILE:
            path.open("rb").close()
    except OSError as error:
        return _("{path} cannot be used: {fault}").format(path=path, fault=error.strerror)
    if lies in (Lies.FOLDER, Lies.MADE) and not stat.S_ISDIR(mode):
        return _("{path} is not a folder").format(path=path)
    return ""


def _secret_fault(path: Path) -> str:
    try:
        secret(path, "secret")
    except SettingsError as error:
        return str(error)
    return ""


def _nearest_existing(path: Path) -> Path:
    """`path`, or the first folder above it that is there: what is below gets made."""
    for place in (path, *path.parents):
        try:
            place.lstat()
        except FileNotFoundError:
            continue
        except OSError:
            break
        return place
    return path


def _place(key: Key) -> str:
    return f"[{key.section}] {key.name}"


def _listed(sections: list[str]) -> str:
    return ", ".join(f"[{section}]" for section in sections)
