"""Errors of provisioning. Each names the thing, the value and the remedy, and never a key."""


class ProvisioningError(Exception):
    """Any error that provisioning raises on purpose."""


class KeyFileError(ProvisioningError, ValueError):
    """A key file is missing, readable by others, or no key."""


class CertificateError(ProvisioningError, ValueError):
    """A certificate, a request for one or the directory of the authorities is not what it should be."""
