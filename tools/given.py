"""What people type for terminals: names with values, settings of sections."""

from collections.abc import Sequence

from tools.errors import ToolError


class ValueGivenError(ToolError):
    """A value that was typed is none."""


def named(text: str) -> tuple[str, str]:
    """`NAME=VALUE` as the two. Raises ValueGivenError."""
    name, given, value = text.partition("=")
    if not name or not given:
        raise ValueGivenError(f"{text!r} is not NAME=VALUE, such as reason=stolen")
    return name, value


def sections(texts: Sequence[str]) -> dict[str, object]:
    """`SECTION.KEY=VALUE` several times as `{section: {key: value}}`. Raises ValueGivenError."""
    found: dict[str, dict[str, object]] = {}
    for text in texts:
        place, value = named(text)
        section, dot, key = place.partition(".")
        if not section or not dot or not key:
            raise ValueGivenError(f"{text!r} is not SECTION.KEY=VALUE, such as link.vitals_period_s=300")
        found.setdefault(section, {})[key] = value_of(value)
    return dict(found)


def value_of(text: str) -> object:
    """A whole number or truth as TOML writes it; everything else is text."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() else text
