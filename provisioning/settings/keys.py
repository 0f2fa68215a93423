"""What there is to set, read off the declarations in `board.settings`: nothing about a key is said a second time."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from board.settings.kinds import Explained, Lies, Unit
from board.settings.sections import Settings
from provisioning.errors import UnknownKeyError
from provisioning.texts import _, mark

_TYPES: dict[Any, str] = {
    bool: mark("switch"),
    int: mark("whole number"),
    str: mark("text"),
    Path: mark("path"),
    tuple: mark("list of texts"),
    Path | None: mark("path"),
}


@dataclass(frozen=True)
class Key:
    """One key of one section. `declared` is its type with all that stands beside it; texts are English.

    A key that is not `required` and has no default may be left out.
    """

    section: str
    name: str
    declared: Any
    required: bool
    default: bool | int | str | list[str] | None
    meaning: str
    why: str
    unit: str
    type: str
    least: int | None
    most: int | None
    pattern: str | None
    lies: Lies | None

    @property
    def full_name(self) -> str:
        """`section.key`."""
        return f"{self.section}.{self.name}"

    @property
    def default_text(self) -> str:
        """The default as a file would say it, without the quotes of a text."""
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)

    @property
    def range(self) -> str:
        """The numbers that are taken, in the chosen language; "" for what is not a number."""
        return "" if self.least is None else _("{least} to {most}").format(least=self.least, most=self.most)

    @property
    def due(self) -> str:
        """What belongs there, in the chosen language: type, range and unit."""
        return ", ".join(part for part in (_(self.type), self.range, _(self.unit)) if part)

    def as_json(self) -> dict[str, object]:
        """For a program; meaning, type, unit and why in the chosen language."""
        return {
            "key": self.full_name,
            "meaning": _(self.meaning),
            "type": _(self.type),
            "unit": _(self.unit),
            "least": self.least,
            "most": self.most,
            "pattern": self.pattern,
            "required": self.required,
            "default": self.default,
            "why": _(self.why),
        }


def _keys_of(section: str, declared: Any) -> Iterator[Key]:
    struct = get_args(declared)[0]
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        kind, *beside = get_args(hints[field.name])
        told = {type(one): one for one in beside if not isinstance(one, msgspec.Meta)}
        limits = [one for one in beside if isinstance(one, msgspec.Meta)]
        yield Key(
            section=section,
            name=field.name,
            declared=hints[field.name],
            required=field.required,
            default=plain(None if field.required else field.default),
            meaning=told[Explained].meaning,
            why=told[Explained].why,
            unit=told[Unit].text,
            type=_TYPES[kind if kind in _TYPES else get_origin(kind)],
            least=next((int(one.ge) for one in limits if one.ge is not None), None),
            most=next((int(one.le) for one in limits if one.le is not None), None),
            pattern=next((one.pattern for one in limits if one.pattern is not None), None),
            lies=told.get(Lies),
        )


def plain(value: Any) -> Any:
    """`value` as TOML has it: a path is a text, and what has several values a list."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


_DECLARED: dict[str, Any] = get_type_hints(Settings, include_extras=True)
STRUCTS: dict[str, Any] = {name: get_args(declared)[0] for name, declared in _DECLARED.items()}
"""Section -> what it is read into."""
SECTIONS: dict[str, str] = {name: get_args(declared)[1].meaning for name, declared in _DECLARED.items()}
"""Section -> what its keys are about, in English."""
KEYS: tuple[Key, ...] = tuple(key for name, declared in _DECLARED.items() for key in _keys_of(name, declared))
"""Every key, section by section."""


def keys_of(section: str) -> list[Key]:
    """The keys of `section`, none when there is no such section."""
    return [key for key in KEYS if key.section == section]


def find(name: str) -> list[Key]:
    """The keys that `name` means: a section's, the one of `section.key`, or those called so in any section.

    Raises UnknownKeyError with the nearest name.
    """
    found = [key for key in KEYS if name in (key.section, key.full_name, key.name)]
    if found:
        return found
    near = nearest(name, [*SECTIONS, *(key.full_name for key in KEYS), *(key.name for key in KEYS)])
    text = _("no section or key is called {name}").format(name=repr(name))
    raise UnknownKeyError(text + suggestion(near))


def nearest(name: str, known: list[str]) -> str:
    """The one of `known` that is most like `name`; "" when none is."""
    return next(iter(difflib.get_close_matches(name, known, n=1)), "")


def suggestion(near: str) -> str:
    """The end of a sentence about an unknown name; "" when nothing is near."""
    return _("; did you mean {near}?").format(near=near) if near else ""
