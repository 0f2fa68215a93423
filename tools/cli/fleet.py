"""`jumpguard fleet`: the fleet's backend, its key, and a look at what it has stored."""

import json
import logging
import signal
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from provisioning import keys
from tools.cli.plainly import said_plainly
from tools.fleet.backend import Backend, Options
from tools.fleet.rows import StoredEvent, Terminal
from tools.fleet.store import Reader
from tools.fleet.tables import STORE_NAME

app = typer.Typer(
    add_completion=False,
    help="The fleet's backend: take events, make its key, look at the store.",
    no_args_is_help=True,
)

Directory = Annotated[Path, typer.Option("--dir", help="Directory of the fleet's store.", file_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{text!r} is not HOST:PORT, such as 127.0.0.1:1883")
    return host.strip("[]"), int(port)


@app.command()
def ingest(
    directory: Directory,
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="The MQTT broker.")],
    fleet: Annotated[str, typer.Option(help="The fleet to serve.")],
    key: Annotated[Path, typer.Option(help="The backend's key file (`jumpguard fleet key`).")],
) -> None:
    """Store the fleet's events and acknowledge them, until SIGTERM. Prints {"store": PATH} when subscribed."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    address = _address(broker)
    with said_plainly():
        backend = Backend(
            Options(directory, address, fleet, keys.load(key)),
            on_ready=lambda path: print(json.dumps({"store": str(path)}), flush=True),
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: backend.stop())
        backend.run()


@app.command()
def key(file: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")]) -> None:
    """Make the backend's key, readable by its owner only. Prints its id and public half for the operator's key set."""
    with said_plainly():
        made = keys.create(file, keys.BACKEND)
    print(json.dumps({"id": made.id, "public": made.public_hex}))


@app.command()
def events(
    directory: Directory,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the stored events, in order."""
    with said_plainly():
        stored = Reader(directory / STORE_NAME).events(terminal)
    if as_json:
        _print_json(stored)
    else:
        _print_table(
            ("terminal", "journal", "sequence", "time", "clock", "kind", "hash"),
            [(e.terminal, e.journal_id[:8], str(e.sequence), e.time, e.clock, e.kind, e.hash[:12]) for e in stored],
        )


@app.command()
def terminals(directory: Directory, as_json: AsJson = False) -> None:
    """List the terminals, and what needs a look."""
    reader = Reader(directory / STORE_NAME)
    with said_plainly():
        known, alarms = reader.terminals(), reader.alarms()
    if as_json:
        _print_json(known)
        return
    _print_table(
        ("terminal", "presence", "lifecycle", "last seen"),
        [(t.terminal, t.presence or "?", t.lifecycle or "?", t.seen_at or "never") for t in known],
    )
    open_alarms = [alarm for alarm in alarms if alarm.cleared_at is None]
    if open_alarms:
        _print_table(
            ("terminal", "alarm", "since", "detail"), [(a.terminal, a.kind, a.at, a.detail) for a in open_alarms]
        )


def _print_json(rows: Sequence[StoredEvent | Terminal]) -> None:
    for row in rows:
        print(json.dumps(asdict(row), ensure_ascii=False))


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
