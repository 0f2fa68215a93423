"""What is wrong with a table of a file that is not a terminal's settings, key by key and in the chosen language."""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec

from board.settings.file import fault
from board.settings.kinds import Explained, Lies, Unit
from provisioning.settings.keys import nearest, suggestion
from provisioning.settings.shown import name_shown, value_shown
from provisioning.texts import _


def faults(given: dict[str, Any], struct: type[msgspec.Struct], *, place: str = "", apart: str = "") -> Iterator[str]:
    """One line for each key of `given` that `struct` would not take, behind `place`; `apart` is one not looked at."""
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    for name in given:
        if name not in fields:
            yield f"{place}{name_shown(name)}: " + _("there is no such key") + suggestion(nearest(name, list(fields)))
    for name, hint in get_type_hints(struct, include_extras=True).items():
        if name in given and name != apart and fault(given[name], hint):
            value = value_shown(given[name], _beside(hint, Lies))
            yield f"{place}{name}: " + _("{value} is refused; due: {due}").format(value=value, due=_due(hint))
        elif name not in given and fields[name].required:
            yield f"{place}{name}: " + _("is missing; due: {due}").format(due=_due(hint))


def _due(hint: Any) -> str:
    unit = _beside(hint, Unit)
    return _(unit.text) if unit else _(_beside(hint, Explained).meaning).rstrip(".。")


def _beside(hint: Any, kind: type) -> Any:
    """What of `kind` stands beside a key's type, None where nothing does."""
    return next((one for one in get_args(hint) if isinstance(one, kind)), None)
