"""A desk file to start from: every key with what it means and why it is there."""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec

from board.settings.kinds import Explained
from provisioning.install.desk_file import AcquirerHost, DeskSettings
from provisioning.settings.example import assignment, comment
from provisioning.texts import _

_ACQUIRER = "898"
# Keys that stand for themselves, where an empty text would not show what is due.
_LISTS = ("brokers", "broker_folders")


def example() -> str:
    """TOML whose keys without a number sign are to be filled in: as they are, they are refused."""
    head = _("What a desk knows of its fleet. Fill in the keys without a number sign; paths are beside this file.")
    lines = [*comment(head)]
    fields = msgspec.structs.fields(DeskSettings)
    hints = get_type_hints(DeskSettings, include_extras=True)
    # Tables stand behind all plain keys in TOML.
    for field in (one for one in fields if one.name not in ("acquirers", "settings")):
        empty = assignment(field.name, [] if field.name in _LISTS else "")
        lines += [*_explained(hints[field.name]), empty if field.required else f"# {empty}"]
    lines += [*_explained(hints["acquirers"]), f"[acquirers.{_ACQUIRER}]"]
    for name, hint in get_type_hints(AcquirerHost, include_extras=True).items():
        lines += [*_explained(hint), assignment(name, 0 if name == "port" else "")]
    lines += [*_explained(hints["settings"]), "# [settings.link]", "# vitals_period_s = 60"]
    return "\n".join(lines) + "\n"


def _explained(hint: Any) -> Iterator[str]:
    (told,) = (one for one in get_args(hint) if isinstance(one, Explained))
    yield from ("", *comment(_(told.meaning)), *comment(_(told.why)))
