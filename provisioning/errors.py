"""Errors of provisioning. Each names the thing, the value and the remedy, and never a key."""


class ProvisioningError(Exception):
    """Any error that provisioning raises on purpose."""


class KeyFileError(ProvisioningError, ValueError):
    """A key file is missing, readable by others, or no key."""


class CertificateError(ProvisioningError, ValueError):
    """A certificate, a request for one or the directory of the authorities is not what it should be."""


class EntryError(ProvisioningError, ValueError):
    """An entry of an application is wrong. The text says what and why, in the chosen language; the entry's name not.

    It never holds a settlement account, and no number as long as one.
    """


class ApplicationError(ProvisioningError, ValueError):
    """An application, or a file to make applications of, cannot be used; a line for each reason."""


class SigningError(ProvisioningError, ValueError):
    """A binding is not signed: the registry or the application speaks against it, or the key cannot be used."""


class ChainError(ProvisioningError, ValueError):
    """An entry of a chain is not what was signed, or does not follow the one before it."""


class RegistryError(ProvisioningError):
    """The registry cannot be read or written, or is not what was written to it."""


class UnknownKeyError(ProvisioningError, LookupError):
    """There is no section or key of a name among the settings."""


class TillError(ProvisioningError):
    """The terminal's local API did not answer, or not with nexo; `status` is HTTP's, 0 where there was none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class HandoverError(ProvisioningError, ValueError):
    """A hand-over sheet cannot be made: a fact is missing or wrong, a font is not there, or the disk refuses."""


class TrailError(ProvisioningError):
    """The audit trail cannot be read or written, is not what was written to it, or may not hold what it was given."""


class SetupError(ProvisioningError, ValueError):
    """A system is not one that can be set up as a terminal, or a card not one to write on: what, and what to do."""


class HandError(ProvisioningError):
    """The hand on a terminal could not do what it was asked. `code` says why, for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class InstallError(ProvisioningError):
    """An installation, or a part of it, is not done. `code` says why for programs; the text what and where."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UpdateError(ProvisioningError):
    """A release is not taken; `code` is the fleet's word for why (`agent.update.codes`)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DeskError(ProvisioningError, ValueError):
    """The desk's file, or one that it names, cannot be used: file, key and remedy are named."""


class BatchError(ProvisioningError, ValueError):
    """A batch is not begun or does not go on: a line for each reason. What was done until then stands in its record."""
