"""What a check found: how it is, a code that names it, and the facts; texts for people stand in `meanings.py`."""

from enum import StrEnum
from typing import NamedTuple

Fact = str | int | bool


class Level(StrEnum):
    """How it is. Only a problem keeps the terminal, or what it promises, from working."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """What the check of that name found; `code` is "" where all is well."""

    check: str
    level: Level
    code: str
    facts: dict[str, Fact]


def ok(**facts: Fact) -> Finding:
    """All is well."""
    return Finding("", Level.OK, "", facts)


def warning(code: str, **facts: Fact) -> Finding:
    """It works, and somebody should look after it."""
    return Finding("", Level.WARNING, code, facts)


def problem(code: str, **facts: Fact) -> Finding:
    """It does not work, or what was promised does not hold."""
    return Finding("", Level.PROBLEM, code, facts)


def unknown(code: str, **facts: Fact) -> Finding:
    """It cannot be found out."""
    return Finding("", Level.UNKNOWN, code, facts)
