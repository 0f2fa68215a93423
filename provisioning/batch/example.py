"""A table to start from: its columns with the example of a terminal that does not exist."""

from collections.abc import Iterator

from provisioning.batch.columns import FIELDS, SETTING_NAMES, SETTINGS
from provisioning.texts import _

_PORT = "api.port"
# Left open: they are there to be filled in where need be, or not at all.
_OPEN = ("mid", "tid")


def example(*, chinese: bool) -> str:
    """The text of a table with one row; its headings are the plain names, or the Chinese ones."""
    names = {field.name: field.aliases[0] for field in FIELDS if field.name != "root"}
    values = {field.name: "" if field.name in _OPEN else field.example for field in FIELDS}
    names[_PORT], values[_PORT] = SETTING_NAMES[_PORT][1], "8583"
    headings = names.values() if chinese else names
    return f"{','.join(headings)}\n{','.join(values[name] for name in names)}\n"


def explained() -> Iterator[str]:
    """What each column of the example is for, a line each, in the chosen language."""
    for field in FIELDS:
        yield f"{field.name} ({field.aliases[0]}): {_(field.title)}. {_(field.hint)}"
    key = SETTINGS[_PORT]
    yield f"{_PORT} ({SETTING_NAMES[_PORT][1]}): {_(key.meaning)} ({key.due})"
