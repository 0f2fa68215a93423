"""The group `jumpguard fleet jumps`. What it needs is imported when one of its commands is used."""

import typer

from tools.cli.lazy import lazy

jumps = typer.Typer(
    cls=lazy(
        {
            "list": "tools.cli.fleet_jumps:show_list",
            "show": "tools.cli.fleet_jumps:show",
            "note": "tools.cli.fleet_jumps:note",
            "step": "tools.cli.fleet_jumps:step",
            "export": "tools.cli.fleet_jumps:export",
            "rates": "tools.cli.fleet_jumps:show_rates",
        }
    ),
    no_args_is_help=True,
    add_completion=False,
    help="Payments that were booked under another merchant: what was expected and seen, and what was done about it.",
    epilog="Example: jumpguard fleet jumps export 7 --dir fleet --out complaints",
)


@jumps.callback()
def _everything() -> None:
    """Only here so that Typer makes a group of it."""
