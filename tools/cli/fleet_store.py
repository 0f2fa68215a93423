"""`jumpguard fleet store`: where the fleet's store is and what is in it; have it be a database; make history anew."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import text

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_table
from tools.fleet import moving
from tools.fleet.history import stale
from tools.fleet.place import Place


def store(
    directory: Directory,
    postgresql: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Have the store be this PostgreSQL database from now on, as postgresql://USER@HOST/NAME; its password"
            " may stand in ~/.pgpass.",
        ),
    ] = None,
    move: Annotated[bool, typer.Option("--move", help="With --postgresql: copy there what the file holds.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make facts and sales anew from the stored events; a backend may run.")
    ] = False,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Show where the fleet's store is, its version, its size, and how many rows each table has."""
    speak(language)
    with said_plainly():
        if postgresql is not None:
            _name(directory, postgresql, move)
        if rebuild:
            _rebuild(Place(directory))
        shown = _look(Place(directory))
    if as_json:
        print(json.dumps(shown))
        return
    counts = shown.pop("rows")
    print_table((_("store"), ""), [(name, str(value)) for name, value in shown.items()])
    print_table((_("table"), _("rows")), [(name, str(count)) for name, count in counts.items()])


def _name(directory: Path, url: str, move: bool) -> None:
    columns = (TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, Any] = {}

        def tell(table: str, done: int, whole: int) -> None:
            if table not in tasks:
                tasks[table] = progress.add_task(table, total=whole)
            progress.update(tasks[table], completed=done)

        moving.name(directory, url, move, tell)


def _rebuild(place: Place) -> None:
    place.check()
    engine = place.writing()
    try:
        with place.failing_as("written"), Progress(console=Console(stderr=True)) as progress:
            with engine.begin() as connection:
                whole = stale.mark_all(connection)
            task = progress.add_task(_("terminals"), total=whole)
            left = whole
            while left:
                with engine.begin() as connection:
                    stale.step(connection)
                    left = stale.waiting(connection)
                progress.update(task, completed=whole - left)
    finally:
        engine.dispose()


def _look(place: Place) -> dict[str, Any]:
    place.check()
    engine = place.reading()
    try:
        with place.failing_as("read"), engine.connect() as connection:
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            shown = {"place": str(place), "version": version, "bytes": place.size(connection)}
            return {**shown, "stale": stale.waiting(connection), "rows": moving.rows(connection)}
    finally:
        engine.dispose()
