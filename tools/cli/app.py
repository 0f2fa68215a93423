"""`jumpguard`: one command, its parts imported only when they are used."""

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

# Command: the module that has it as `app`.
_COMMANDS = {
    "demo": "tools.cli.demo",
    "sale": "tools.cli.sale",
    "status": "tools.cli.status",
    "abort": "tools.cli.abort",
    "last": "tools.cli.last",
    "unresolved": "tools.cli.unresolved",
    "reverse": "tools.cli.reverse",
    "board": "tools.cli.board",
    "acquirer": "tools.cli.acquirer",
    "fleet": "tools.cli.fleet",
    "keys": "tools.cli.keys",
    "decode": "tools.cli.decode",
    "settings": "tools.cli.settings",
    "provision": "tools.cli.provision",
    "bench": "tools.cli.bench",
}


class LazyGroup(TyperGroup):
    """Imports the module of a command when that command is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order in which one meets them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command `cmd_name`, None when there is none of that name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = typer.main.get_command(importlib.import_module(_COMMANDS[cmd_name]).app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold card data
    help="JumpGuard refuses a card payment unless the terminal can prove its merchant, and catches a merchant jump.",
    epilog="Start with `jumpguard demo --once`. A prototype: test cards and simulated acquirers only.",
)


@app.callback()
def _everything() -> None:
    """Only here so that Typer makes a group of it."""


def main() -> None:
    """Run the command line."""
    app()
