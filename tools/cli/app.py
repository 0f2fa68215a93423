"""`jumpguard`: one command, its parts imported only when they are used."""

import sys

import typer

from tools.cli.lazy import lazy, needs

COMMANDS = {
    "demo": "tools.cli.demo:app",
    "sale": "tools.cli.sale:app",
    "status": "tools.cli.status:app",
    "abort": "tools.cli.abort:app",
    "last": "tools.cli.last:app",
    "unresolved": "tools.cli.unresolved:app",
    "reverse": "tools.cli.reverse:app",
    "doctor": "tools.cli.doctor:app",
    "board": "tools.cli.board:app",
    "acquirer": "tools.cli.acquirer:app",
    "fleet": "tools.cli.fleet:app",
    "keys": "tools.cli.keys:app",
    "decode": "tools.cli.decode:app",
    "settings": "tools.cli.settings:app",
    "provision": "tools.cli.provision:app",
    "setup": "tools.cli.setup:app",
    "release": "tools.cli.release:app",
    "update": "tools.cli.update:app",
    "bench": "tools.cli.bench:app",
}

app = typer.Typer(
    cls=lazy(COMMANDS),
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
    try:
        app()
    except ModuleNotFoundError as error:
        sys.exit(needs(error))
