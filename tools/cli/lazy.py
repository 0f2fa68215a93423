"""A group of commands that are imported only when they are used, and that say so where they cannot be."""

import importlib
from collections.abc import Mapping
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

_OURS = ("agent", "board", "provisioning", "tools")


def lazy(commands: Mapping[str, str]) -> type[TyperGroup]:
    """The class of a group of `commands`: for each name `module:thing`, its Typer application or its function."""

    class LazyGroup(TyperGroup):
        """Imports the module of a command when that command is asked for."""

        def list_commands(self, ctx: Any) -> list[str]:
            """The names, in the order in which one meets them."""
            del ctx
            return list(commands)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """The command `cmd_name`, None when there is none of that name."""
            del ctx
            return _command(cmd_name, commands[cmd_name]) if cmd_name in commands else None

    return LazyGroup


def needs(error: ModuleNotFoundError) -> str:
    """What to say where the package of somebody else is missing; raises `error` again when the module is ours."""
    if error.name is None or error.name.partition(".")[0] in _OURS:
        raise error
    return (
        f"error: this command needs {error.name}, which this environment does not have: use a desk's "
        "(pip install --require-hashes -r locks/desk.txt)"
    )


def _command(name: str, place: str) -> Any:
    module, _, thing = place.partition(":")
    try:
        found = getattr(importlib.import_module(module), thing)
    except ModuleNotFoundError as error:
        needs(error)
        found = _out_of_place(error)
    if not isinstance(found, typer.Typer):
        found = _alone(found)
    command = typer.main.get_command(found)
    command.name = name
    return command


def _alone(function: Any) -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(function)
    return app


def _out_of_place(error: ModuleNotFoundError) -> typer.Typer:
    """What stands for a command on a terminal, which has only what it needs itself; called, it raises `error`."""
    app = typer.Typer(add_completion=False)
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}

    @app.command(help="Not on a terminal: a command of the desk.", add_help_option=False, context_settings=settings)
    def refuse() -> NoReturn:
        raise error

    return app
