"""Errors of the fault proxy."""

from tools.errors import ToolError


class ProxyError(ToolError):
    """The fault proxy cannot start, does not answer, or refused what was asked of it."""


class FaultError(ProxyError, ValueError):
    """A fault that was ordered is unknown, incomplete, or has an option that it does not take."""
