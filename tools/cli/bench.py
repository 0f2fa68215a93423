"""`jumpguard bench`: the figures of the project, beside their targets."""

import json
import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from tools.bench import report
from tools.bench.counter_bench import MEASURES, Measure, take
from tools.bench.machine import machine
from tools.bench.plan import SALES, Plan
from tools.cli.plainly import ended_by_signals, said_plainly

app = typer.Typer(no_args_is_help=True, help="Take the project's figures on this machine, and print their targets.")

Name = StrEnum("Name", {name.upper(): name for name in MEASURES})  # type: ignore[misc]  # the one list of them


@app.callback()
def _several() -> None:
    """Only here so that Typer makes a group of it."""


@app.command(epilog="Exit code 0 when all was measured, whatever the figures; 1 when something was not.")
def counter(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of the text.")] = False,
    only: Annotated[list[Name] | None, typer.Option(help="Only this figure; may be given again.")] = None,
    sales: Annotated[
        int, typer.Option(min=1, help="Sales over which fsyncs are counted; with fewer, all counts shrink.")
    ] = SALES,
) -> None:
    """Measure one counter on the virtual board: gate, tap, own time of a sale, fsyncs, memory, start, idling.

    Takes about three minutes. Figures go to standard output, progress to standard error. A missed target is no error.
    """
    names = [str(name) for name in only or MEASURES]
    with (
        said_plainly(),
        ended_by_signals(),
        tempfile.TemporaryDirectory(prefix="jg-") as folder,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        about = machine(Path(folder))
        figures = []
        if not as_json:
            typer.echo(report.heading(about))
        for figure in take(Path(folder), Plan(sales), names, _shown_in(progress, Plan(sales))):
            figures.append(figure)
            if not as_json:
                typer.echo("\n" + report.text(figure))
    if as_json:
        typer.echo(json.dumps({"machine": about, "figures": [figure.as_json() for figure in figures]}, indent=2))
    raise typer.Exit(0 if all(figure.rows for figure in figures) else 1)


def _shown_in(progress: Progress, plan: Plan) -> Callable[[Measure], Callable[[int], None]]:
    """What shows each figure as a bar in `progress`."""

    def begin(measure: Measure) -> Callable[[int], None]:
        bar: TaskID = progress.add_task(measure.title, total=measure.steps(plan))
        return lambda done: progress.advance(bar, done)

    return begin
