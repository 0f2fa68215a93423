"""`jumpguard provision batch`: hundreds of terminals from a table, checked first, then installed side by side."""

import asyncio
import getpass
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from provisioning.batch import report
from provisioning.batch.changes import changes
from provisioning.batch.check import Ways, check
from provisioning.batch.example import example, explained
from provisioning.batch.record import SUFFIX, Record, recording
from provisioning.batch.row import Row
from provisioning.batch.run import Batch, How
from provisioning.batch.sheets import Sheets
from provisioning.batch.table import table
from provisioning.install.desk import Desk
from provisioning.install.over_ssh import KNOWN_HOSTS, OverSsh
from provisioning.texts import CHINESE, _, from_environment
from tools.cli.batch_screen import BatchScreen
from tools.cli.install_screen import Screen
from tools.cli.language import Tongue, speak
from tools.cli.plainly import INTERRUPTED, files_named, nobody_looks_on, said_plainly
from tools.desk import desk as desk_of

_MOST_PARALLEL = 64


def batch(
    terminals: Annotated[
        Path | None, typer.Argument(metavar="TERMINALS.csv", help="A row for each terminal.", dir_okay=False)
    ] = None,
    desk: Annotated[
        Path | None, typer.Option(help="The desk file: broker, acquirers, keys, authority.", dir_okay=False)
    ] = None,
    parallel: Annotated[int, typer.Option(min=1, max=_MOST_PARALLEL, help="So many terminals at a time.")] = 8,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="The report of each row (CSV; as text beside it).", dir_okay=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the hand-over sheets go; by default a folder beside the table.")
    ] = None,
    bindings: Annotated[
        Path | None, typer.Option(help="The folder of bindings; without it the registry has them.", file_okay=False)
    ] = None,
    user: Annotated[str, typer.Option(help="As whom to log in, where a row does not say.")] = "",
    identity: Annotated[
        list[Path] | None, typer.Option(help="Private key for SSH; without it, an agent and the usual files.")
    ] = None,
    known_hosts: Annotated[Path, typer.Option(help="The list of known SSH hosts.")] = KNOWN_HOSTS,
    attended: Annotated[
        bool, typer.Option("--attended", help="You stand at each terminal: lights, case and a test sale, one by one.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who installs them. By default the user's name.")] = "",
    check_only: Annotated[bool, typer.Option("--check", help="Check all rows, and begin nothing.")] = False,
    print_example: Annotated[bool, typer.Option("--example", help="Print a table to start from.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each thing told.")] = False,
    language: Tongue = None,
) -> None:
    """Install the terminals of a table over SSH. All rows are checked before the first terminal is touched.

    Run it again after whatever ended it: it goes on, and does nothing twice. Ctrl-C finishes the terminals under way,
    and once more puts them back. Exit code 0 all are installed, 1 some are not, 130 called off.
    """
    speak(language)
    if print_example:
        typer.echo(example(chinese=(language or from_environment()) == CHINESE), nl=False)
        # Not into the table that somebody has this written to.
        typer.echo("\n".join(explained()), err=True)
        return
    if terminals is None or desk is None:
        raise typer.BadParameter("name the table and --desk; --example prints a table to start from")
    with said_plainly(), files_named():
        technician, found_desk = by or getpass.getuser(), desk_of(desk)
        ways = Ways(user=user, keys=tuple(identity or ()), known_hosts=known_hosts, bindings=bindings)
        folder = out or terminals.with_name(f"{terminals.stem}-sheets")
        rows = _checked(terminals, found_desk, ways, technician, folder, as_json=as_json)
        if check_only:
            return
        folder.mkdir(exist_ok=True, parents=True)
        person = Screen() if attended else None
        how = How(technician=technician, table=terminals.name, parallel=1 if attended else parallel, person=person)
        path = report_file or terminals.with_name(f"{terminals.stem}.report.csv")
        with recording(terminals.with_name(terminals.name + SUFFIX)) as record:
            _tell(changes(rows, record), as_json=as_json)
            record.expect(rows)
            screen = BatchScreen(len(record.left(rows)), as_json=as_json, person=person)
            run = Batch(rows, record, found_desk, lambda row: _reach(row, ways), Sheets(folder), how, screen)
            try:
                with screen:
                    asyncio.run(_run(run))
            finally:
                written = report.write(rows, record, path)
            _conclude(run, record, written, as_json=as_json)


def _checked(path: Path, desk: Desk, ways: Ways, technician: str, folder: Path, *, as_json: bool) -> list[Row]:
    """The rows of the table, all of them proven. Raises BatchError."""
    begun = time.monotonic()
    checked = check(table(path), desk, ways, technician, folder.absolute().parent)
    said = _("{count} terminals checked in {seconds:.2f} s")
    took = said.format(count=len(checked.rows), seconds=time.monotonic() - begun)
    _tell([*checked.notes, took], as_json=as_json)
    return checked.rows


def _reach(row: Row, ways: Ways) -> OverSsh:
    keys = [row.identity] if row.identity else ways.keys
    return OverSsh(row.address, row.root, keys, ways.known_hosts, row.host_key)


async def _run(batch: Batch) -> None:
    """Ctrl-C ends it in good order; what a machine asks for by SIGTERM is in a hurry."""
    loop = asyncio.get_running_loop()

    def hurry(number: int) -> None:
        if number == signal.SIGHUP:
            nobody_looks_on()
        batch.call_off()
        batch.call_off()

    loop.add_signal_handler(signal.SIGINT, batch.call_off)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, hurry, number)
    await batch.run()


def _conclude(run: Batch, record: Record, written: list[Path], *, as_json: bool) -> None:
    lines = [report.counted(record.outcomes[row.serial] for row in run.rows)]
    if run.why == "same_reason":
        said = _("Stopped: {count} terminals in a row failed for the same reason, the last one so:\n{why}")
        lines.append(said.format(count=run.alike, why=run.same_reason.text()))
    left = record.left(run.rows)
    if left:
        lines.append(_("{count} remain. Run the same command again: it goes on with them.").format(count=len(left)))
    _tell([*lines, *(f"✓ {path}" for path in written)], as_json=as_json)
    if run.why == "called_off":
        raise typer.Exit(INTERRUPTED)
    if left:
        raise typer.Exit(1)


def _tell(lines: list[str], *, as_json: bool) -> None:
    for line in lines:
        typer.echo(line, err=as_json)
