"""`jumpguard fleet command`, `commands`, `configure` and `renew`: what an operator orders of a terminal."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.command.types import RENEW_CERTIFICATE, TYPES
from agent.report.vitals_period import NAME as VITALS_PERIOD
from provisioning.texts import _
from tools.cli.fleet_alarms import explain
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_json, print_table
from tools.contract.validator import texts_of
from tools.errors import ToolError
from tools.fleet.configuring import signed_binding
from tools.fleet.contract import check_name
from tools.fleet.desk import Desk
from tools.fleet.errors import OrderError
from tools.fleet.orders import ENDS, LASTS_S, MOST_S
from tools.fleet.presence import ONLINE
from tools.fleet.reader import Reader
from tools.fleet.rows import Command
from tools.fleet.words import said
from tools.given import ValueGivenError, named, sections, value_of

NOT_DONE = 1
STILL_OPEN = 3
WAIT_S = 30.0
_POLL_S = 0.1

Terminal = Annotated[str, typer.Argument(help="The terminal's serial.")]


class UnknownTerminalError(ToolError):
    """An order for a terminal that was never heard of."""


def command(
    directory: Directory,
    terminal: Terminal,
    kind: Annotated[
        str,
        typer.Argument(metavar="TYPE", help=f"{', '.join(TYPES)}."),
    ],
    args: Annotated[
        list[str] | None, typer.Option("--arg", metavar="NAME=VALUE", help="An argument; may be given again.")
    ] = None,
    lasts: Annotated[int, typer.Option(min=1, max=MOST_S, help="Seconds within which it has to begin.")] = LASTS_S,
    wait: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds to wait for how it ends; without it 30, and none for one that is away."),
    ] = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Have TERMINAL do something, and say what came of it.

    Exit code 0 when it succeeded, 1 when it did not, 3 when it has not ended yet.
    """
    speak(language)
    with said_plainly():
        texts = texts_of(kind)
        given = {name: text if name in texts else value_of(text) for name, text in map(named, args or [])}
        reader = Reader(directory)
        away = _away(reader, terminal)
        name = Desk(directory).command(terminal, kind, given, lasts)
        seconds = wait if wait is not None else 0 if away else WAIT_S
        found = _ended(reader, terminal, name, seconds)
    if as_json:
        print_json([found])
    else:
        _show(found)
    if found.state not in ENDS and (away or seconds):
        typer.echo(_still_open(found, away), err=True)
    raise typer.Exit(STILL_OPEN if found.state not in ENDS else 0 if found.state == "succeeded" else NOT_DONE)


def commands(
    directory: Directory,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal's.")] = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List the commands that were given, and what became of them."""
    speak(language)
    with said_plainly():
        found = Reader(directory).commands(terminal)
    if as_json:
        print_json(found)
    else:
        print_table(
            (_("terminal"), _("command"), _("type"), _("given"), _("deadline"), _("state"), _("code")),
            [(c.terminal, c.id, c.type, c.issued, c.deadline, said(c.state), c.code) for c in found],
        )
        explain(c.code for c in found)


def configure(
    directory: Directory,
    terminal: Terminal,
    binding: Annotated[
        Path | None, typer.Option(help="A signed binding, as the acquirer's desk issued it.", dir_okay=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SECTION.KEY=VALUE",
            help=f"A setting in place of the file's; together all that differ. Can be set from afar: {VITALS_PERIOD}.",
        ),
    ] = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Have TERMINAL take a binding, settings or both. It answers once it has tried them: see `configurations`."""
    speak(language)
    document: dict[str, object] = {}
    with said_plainly():
        if binding is not None:
            document["binding"] = _signed_binding(binding, terminal)
        if settings is not None:
            document["settings"] = sections(settings)
        if not document:
            raise ValueGivenError("nothing to configure: give --binding, --set or both")
        away = _away(Reader(directory), terminal)
        version = Desk(directory).configure(terminal, document)
    ordered = _("configuration {version} is ordered").format(version=version)
    print(json.dumps({"terminal": terminal, "version": version}) if as_json else ordered)
    if away:
        typer.echo(away, err=True)


def configurations(
    directory: Directory,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal's.")] = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List what terminals shall have, and what they made of it."""
    speak(language)
    with said_plainly():
        found = Reader(directory).configurations(terminal)
    if as_json:
        for each in found:
            print(json.dumps(asdict(each) | {"document": json.loads(each.document)}, ensure_ascii=False))
    else:
        columns = (
            _("terminal"),
            _("version"),
            _("parts"),
            _("given"),
            _("reported"),
            _("state"),
            _("reason"),
            _("detail"),
        )
        print_table(
            columns,
            [
                (c.terminal, str(c.version), ", ".join(json.loads(c.document)), c.issued, str(c.reported),
                 said(c.state), c.reason, c.detail)
                for c in found
            ],
        )  # fmt: skip
        # A trial's detail is the code of what the acquirer said.
        explain(code for c in found for code in (c.reason, c.detail))


def renew(directory: Directory, terminal: Terminal, language: Tongue = None) -> None:
    """Have TERMINAL get a new certificate now; a backend with --authority does the rest (see `commands`)."""
    speak(language)
    with said_plainly():
        away = _away(Reader(directory), terminal)
        name = Desk(directory).command(terminal, RENEW_CERTIFICATE, {})
    print(json.dumps({"terminal": terminal, "command": name}))
    if away:
        typer.echo(away, err=True)


def _away(reader: Reader, terminal: str) -> str:
    """That `terminal` is away, for a person; "" when it is there. Raises UnknownTerminalError."""
    check_name(terminal)
    known = next((each for each in reader.terminals() if each.terminal == terminal), None)
    if known is None:
        raise UnknownTerminalError(
            f"terminal {terminal!r}: the backend never heard of it; check the serial with `jumpguard fleet terminals`"
        )
    if known.presence == ONLINE:
        return ""
    return _("{terminal} is {presence}, last seen {seen}: the order is sent when it comes back.").format(
        terminal=terminal, presence=said(known.presence), seen=known.seen_at or _("never")
    )


def _show(found: Command) -> None:
    console = Console(highlight=False)
    console.print(f"{found.type} {found.id}: [bold]{said(found.state)}[/bold] {found.code}".rstrip())
    explain([found.code])
    if json.loads(found.result):
        console.print_json(found.result)


def _still_open(found: Command, away: str) -> str:
    if away:
        return f"{away} " + _("It counts until {deadline}.").format(deadline=found.deadline)
    return _("Not answered yet. Does `jumpguard fleet ingest` run? It sends the order again until {deadline}.").format(
        deadline=found.deadline
    )


def _signed_binding(file: Path, terminal: str) -> dict[str, object]:
    """What is in `file`, looked at as far as can be without the operator's keys; the terminal proves it."""
    try:
        signed = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ValueGivenError(f"{file}: no signed binding ({error}); have it issued again") from error
    if not isinstance(signed, dict):
        raise ValueGivenError(f"{file}: no signed binding; have it issued again")
    try:
        return signed_binding(signed, terminal)
    except OrderError as error:
        raise ValueGivenError(f"{file}: {error}") from error


def _ended(reader: Reader, terminal: str, name: str, wait_s: float) -> Command:
    deadline = time.monotonic() + wait_s
    while True:
        found = next(each for each in reader.commands(terminal) if each.id == name)
        if found.state in ENDS or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_S)
