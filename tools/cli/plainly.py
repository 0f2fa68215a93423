"""How every command says that something went wrong: one line on standard error, exit code 1, no traceback."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from agent.errors import JumpGuardError
from board.errors import BoardError
from provisioning.errors import ProvisioningError
from provisioning.texts import _
from tools.errors import FileError, ToolError

INTERRUPTED = 130


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn an error of ours into its text and exit code 1; an error that is not ours is a defect and stays one."""
    try:
        yield
    except (ToolError, ProvisioningError, BoardError, JumpGuardError) as error:
        typer.echo(_("error: {error}").format(error=error), err=True)
        raise typer.Exit(1) from error


@contextmanager
def files_named() -> Iterator[None]:
    """Turn what the system says about a file that the command was given into a FileError that names it."""
    try:
        yield
    except BrokenPipeError:  # nobody reads on (`| head -1`): that ends the command, and is no fault of a file
        raise
    except OSError as error:
        raise FileError(f"{error.filename}: {error.strerror}") from error


def nobody_looks_on() -> None:
    """The window is closed: what is still said goes nowhere, and does not fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does: every process is stopped and the folder removed.

    The first signal counts; impatient ones after it do not cut the tidying up short.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: object) -> None:
        del number, frame
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
