"""Errors of the brokers' configuration."""

from tools.errors import ToolError


class BrokerSetupError(ToolError):
    """A broker's configuration cannot be made, or the broker cannot be told of a change."""
