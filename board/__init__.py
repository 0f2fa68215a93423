"""The machine that the terminal runs on, and the errors of its parts: each names the part, the value and the remedy."""

from board.errors import BoardError


class GpioError(BoardError, OSError):
    """A GPIO line, or the chip of all of them, cannot be used."""


class BoardInUseError(BoardError, OSError):
    """A folder cannot become a virtual board: another one lives there, or things that are not a board's."""


class NoBoardError(BoardError, ConnectionError):
    """No virtual board answers in a folder."""


class BoardRefusedError(BoardError, ValueError):
    """The virtual board refused a request, or could not understand it."""
