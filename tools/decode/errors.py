"""What can go wrong before anything is taken apart. A message never quotes the input, which may be card data."""

from tools.errors import ToolError


class DecodeError(ToolError, ValueError):
    """What was given is not hexadecimal, or not of the form that is to be taken apart."""
