"""The groups `jumpguard fleet users` and `tokens`. What they need is imported when one of theirs is used."""

import typer

from tools.cli.lazy import lazy

users = typer.Typer(
    cls=lazy(
        {
            "list": "tools.cli.fleet_users:listed",
            "add": "tools.cli.fleet_users:add",
            "password": "tools.cli.fleet_users:password",
            "role": "tools.cli.fleet_users:role",
            "disable": "tools.cli.fleet_users:disable",
            "enable": "tools.cli.fleet_users:enable",
        }
    ),
    no_args_is_help=True,
    add_completion=False,
    help="Who may log in at the dashboard, and as what.",
    epilog="Example: jumpguard fleet users add wang --role operator --dir fleet",
)
tokens = typer.Typer(
    cls=lazy(
        {
            "list": "tools.cli.fleet_tokens:listed",
            "make": "tools.cli.fleet_tokens:make",
            "revoke": "tools.cli.fleet_tokens:revoke",
        }
    ),
    no_args_is_help=True,
    add_completion=False,
    help="What programs show to use the REST API.",
    epilog="Example: jumpguard fleet tokens make wang prometheus --role viewer --dir fleet",
)


@users.callback()
@tokens.callback()
def _everything() -> None:
    """Only here so that Typer makes groups of them."""
