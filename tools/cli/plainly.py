"""How every command says that something went wrong: one line on standard error, exit code 1, no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from agent.errors import JumpGuardError
from board.errors import BoardError
from provisioning.errors import ProvisioningError
from tools.errors import ToolError


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn an error of ours into its text and exit code 1; an error that is not ours is a defect and stays one."""
    try:
        yield
    except (ToolError, ProvisioningError, BoardError, JumpGuardError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
