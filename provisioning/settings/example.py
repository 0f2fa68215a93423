"""A settings file to start from: every key with what it means, what is due and why the default is what it is."""

import textwrap
from collections.abc import Iterator

import tomli_w

from provisioning.settings.keys import SECTIONS, Key, keys_of
from provisioning.texts import _

_WIDTH = 100


def example() -> str:
    """TOML whose required keys are to be filled in: as they are, each is refused. The others stand at their defaults,
    commented out, so that a later version's defaults hold.
    """
    head = _("The settings of one terminal. Fill in the keys without a number sign; uncomment others to change them.")
    return "\n".join([*comment(head), *(line for section in SECTIONS for line in _section(section))]) + "\n"


def _section(section: str) -> Iterator[str]:
    yield from ("", *comment(_(SECTIONS[section])), f"[{section}]")
    for key in keys_of(section):
        yield from ("", *comment(_(key.meaning)), *comment(key.due), *comment(_(key.why)), _assignment(key))


def _assignment(key: Key) -> str:
    if key.required:
        # Refused until it is filled in: neither an empty text nor port 0 is ever taken for a required key.
        return assignment(key.name, "" if key.least is None else 0)
    if key.default is None:
        return "# " + assignment(key.name, "")
    return "#" + assignment(key.name, key.default)


def assignment(name: str, value: object) -> str:
    """`name = value` as TOML writes it."""
    return tomli_w.dumps({name: value}).strip()


def comment(text: str) -> list[str]:
    """`text` as lines that TOML takes for a comment."""
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]
