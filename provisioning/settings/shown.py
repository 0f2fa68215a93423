"""What a file says, made fit for a message."""

from board.settings.kinds import Lies
from provisioning.texts import _

_LONGEST_SHOWN = 60


def name_shown(name: str) -> str:
    """A name that a file invented, on one line and not too long."""
    return name if name.isidentifier() and len(name) <= _LONGEST_SHOWN else repr(name[:_LONGEST_SHOWN])


def value_shown(value: object, lies: Lies | None) -> str:
    """`value` for a message; not where a secret may have been written by mistake."""
    if lies is Lies.SECRET:
        return _("the value")
    if isinstance(value, dict):
        return _("a table")
    if isinstance(value, list):
        return _("a list")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > _LONGEST_SHOWN:
        return _("a number of more than 18 digits")
    return repr(value[:_LONGEST_SHOWN]) if isinstance(value, str) else str(value)
