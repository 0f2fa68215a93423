"""Errors of the fleet contract's document."""

from tools.errors import ToolError


class BrokenContractError(ToolError, ValueError):
    """A message is not one of the contract. The text names topic, place and rule, and no value."""
