"""Errors of the machine that the agent runs on. What a port of the core promises to raise comes from `agent.errors`."""


class BoardError(Exception):
    """Any error that the board raises on purpose."""


class PersonalisationError(BoardError, ValueError):
    """The personalisation of the emulated cards does not parse, or names something that is not there."""


class SettingsError(BoardError, ValueError):
    """The settings, or a file that they name, cannot be used: file, section, key and remedy are named."""


class GpioError(BoardError, OSError):
    """A GPIO line, or the chip of all of them, cannot be used."""


class BoardInUseError(BoardError, OSError):
    """A folder cannot become a virtual board: another one lives there, or things that are not a board's."""


class NoBoardError(BoardError, ConnectionError):
    """No virtual board answers in a folder."""


class BoardRefusedError(BoardError, ValueError):
    """The virtual board refused a request, or could not understand it."""


class IdentityError(BoardError, ValueError):
    """The terminal's key or certificate for the link is not there, unreadable or not what it should be.

    `code` is the fleet's word for it where a certificate is refused (`agent.command.certificates`), "" elsewhere.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code
