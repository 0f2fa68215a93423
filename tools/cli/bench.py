"""`jumpguard bench`: the figures of the project, beside their targets."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from tools.bench import fleet as ingest
from tools.bench import link as drain
from tools.bench import report, terminals
from tools.bench import revoke as revoking
from tools.bench.counter import wait_until_prepared
from tools.bench.counter_bench import MEASURES, Measure, take
from tools.bench.figure import Figure
from tools.bench.machine import machine
from tools.bench.plan import SALES, Plan
from tools.cli.plainly import ended_by_signals, said_plainly
from tools.rig.rig import Rig

app = typer.Typer(no_args_is_help=True, help="Take the project's figures on this machine, and print their targets.")

Name = StrEnum("Name", {name.upper(): name for name in MEASURES})  # type: ignore[misc]  # the one list of them


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
    with _bench(as_json) as (folder, progress, tell):
        for figure in take(folder, Plan(sales), names, _shown_in(progress, Plan(sales))):
            tell(figure)


@app.command(epilog="Exit code 0 when all was measured, whatever the figures; 1 when something was not.")
def link(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of the text.")] = False,
    events: Annotated[int, typer.Option(min=1, help="Events that are drained a round.")] = drain.EVENTS,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, of which the median counts.")] = drain.ROUNDS,
    connected: Annotated[int, typer.Option(min=1, help="Terminals connected at once.")] = terminals.TERMINALS,
) -> None:
    """Measure the fleet's link: draining a full outbox, and many terminals on one broker.

    Takes about a minute. Figures go to standard output, progress to standard error. A missed target is no error.
    """
    with _bench(as_json) as (folder, progress, tell):
        bar = progress.add_task(drain.TITLE, total=drain.steps(rounds))
        with Rig(folder) as rig:
            wait_until_prepared(rig)
            tell(drain.measure(rig, events, rounds, lambda done: progress.advance(bar, done)))
        bar = progress.add_task(terminals.TITLE, total=terminals.steps(connected))
        tell(terminals.measure(connected, lambda done: progress.advance(bar, done)))


@app.command(epilog="Exit code 0 when all was measured, whatever the figures; 1 when something was not.")
def revoke(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of the text.")] = False,
    listed: Annotated[int, typer.Option(min=2, help="Terminals that the broker knows.")] = revoking.LISTED,
    connected: Annotated[int, typer.Option(min=2, help="How many of them are connected.")] = revoking.CONNECTED,
) -> None:
    """Measure how soon a revoked terminal is cut off by a broker that knows thousands.

    Takes about a minute. Figures go to standard output, progress to standard error. A missed target is no error.
    """
    connected = min(listed, connected)
    with _bench(as_json) as (_, progress, tell):
        bar = progress.add_task(revoking.TITLE, total=revoking.steps(connected))
        tell(revoking.measure(listed, connected, lambda done: progress.advance(bar, done)))


@app.command(epilog="Exit code 0 when all was measured, whatever the figures; 1 when something was not.")
def fleet(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of the text.")] = False,
    events: Annotated[int, typer.Option(min=1, help="Events that wait a round.")] = ingest.EVENTS,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, of which the median counts.")] = ingest.ROUNDS,
    of: Annotated[int, typer.Option("--terminals", min=1, help="Terminals that they are of.")] = ingest.TERMINALS,
) -> None:
    """Measure how fast the backend stores and acknowledges events, beside a subscriber that only decodes them.

    Takes about a minute. Figures go to standard output, progress to standard error. A missed target is no error.
    """
    with _bench(as_json) as (folder, progress, tell):
        bar = progress.add_task(ingest.TITLE, total=ingest.steps(rounds))
        tell(ingest.measure(folder, events, rounds, of, lambda done: progress.advance(bar, done)))


@contextmanager
def _bench(as_json: bool) -> Iterator[tuple[Path, Progress, Callable[[Figure], None]]]:
    """A folder to measure in, where progress is shown, and what tells a figure. Ends the command with its exit code."""
    figures: list[Figure] = []

    def tell(figure: Figure) -> None:
        figures.append(figure)
        if not as_json:
            typer.echo("\n" + report.text(figure))

    with (
        said_plainly(),
        ended_by_signals(),
        tempfile.TemporaryDirectory(prefix="jg-") as folder,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        about = machine(Path(folder))
        if not as_json:
            typer.echo(report.heading(about))
        yield Path(folder), progress, tell
    if as_json:
        typer.echo(json.dumps({"machine": about, "figures": [figure.as_json() for figure in figures]}, indent=2))
    raise typer.Exit(0 if all(figure.rows for figure in figures) else 1)


def _shown_in(progress: Progress, plan: Plan) -> Callable[[Measure], Callable[[int], None]]:
    """What shows each figure as a bar in `progress`."""

    def begin(measure: Measure) -> Callable[[int], None]:
        bar: TaskID = progress.add_task(measure.title, total=measure.steps(plan))
        return lambda done: progress.advance(bar, done)

    return begin
