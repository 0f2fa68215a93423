"""What goes wrong while a package is built."""

from tools.errors import ToolError


class PackageError(ToolError):
    """A package cannot be built of what there is; the text says of what."""
