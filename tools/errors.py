"""The one tree of errors of `tools/`. A message names the thing, the value and the remedy, and never card data."""


class ToolError(Exception):
    """Any error that a tool raises on purpose; the command line prints its text without a traceback."""


class AcquirerSimulatorError(ToolError):
    """The acquirer simulator cannot start or go on."""


class TerminalsFileError(AcquirerSimulatorError, ValueError):
    """The file of terminals that the simulated acquirer knows does not parse."""


class BehaviourError(AcquirerSimulatorError, ValueError):
    """A behaviour asked of the simulated acquirer is unknown, incomplete or not for that message type."""


class ControlError(AcquirerSimulatorError):
    """The control socket of the simulated acquirer does not answer, or refused what was asked."""


class WireError(AcquirerSimulatorError, ValueError):
    """Bytes are no frame or message of the simulated acquirer, or a message has no bytes.

    `reason` is the short name under which the simulator counts it.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FileError(ToolError):
    """A file that a command was given cannot be read or written, or is there already and would be lost."""


class LimitError(ToolError):
    """This machine allows less than is wanted of it."""


class ReleaseError(ToolError):
    """A release cannot be published, or a repository of releases cannot be kept."""
