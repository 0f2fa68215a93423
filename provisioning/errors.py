"""Errors of provisioning. Each names the thing, the value and the remedy, and never a key."""


class ProvisioningError(Exception):
    """Any error that provisioning raises on purpose."""


class KeyFileError(ProvisioningError, ValueError):
    """A key file is missing, readable by others, or no key."""
