"""`jumpguard fleet command`, `commands`, `configure` and `renew`: what an operator orders of a terminal."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.binding.record import parse
from agent.command.types import RENEW_CERTIFICATE
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_json, print_table
from tools.errors import ToolError
from tools.fleet.desk import Desk
from tools.fleet.orders import ENDS, LASTS_S, MOST_S
from tools.fleet.rows import Command
from tools.fleet.store import Reader
from tools.fleet.tables import STORE_NAME

NOT_DONE = 1
STILL_OPEN = 3
_POLL_S = 0.1

Terminal = Annotated[str, typer.Argument(help="The terminal's serial.")]


class ValueGivenError(ToolError):
    """A value on the command line is none."""


def command(
    directory: Directory,
    terminal: Terminal,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="TYPE",
            help="ping, diagnosis, diagnostics, sign_on, restart, lock, unlock or set_vitals_period.",
        ),
    ],
    args: Annotated[
        list[str] | None, typer.Option("--arg", metavar="NAME=VALUE", help="An argument; may be given again.")
    ] = None,
    lasts: Annotated[int, typer.Option(min=1, max=MOST_S, help="Seconds within which it has to begin.")] = LASTS_S,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for how it ends.")] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Have TERMINAL do something, and say what came of it.

    Exit code 0 when it succeeded, 1 when it did not, 3 when it has not ended yet.
    """
    with said_plainly():
        name = Desk(directory).command(terminal, kind, dict(map(_argument, args or [])), lasts)
        found = _ended(Reader(directory / STORE_NAME), terminal, name, wait)
    if as_json:
        print_json([found])
    else:
        Console(highlight=False).print(f"{found.type} {found.id}: [bold]{found.state}[/bold] {found.code}".rstrip())
        if json.loads(found.result):
            Console(highlight=False).print_json(found.result)
    raise typer.Exit(STILL_OPEN if found.state not in ENDS else 0 if found.state == "succeeded" else NOT_DONE)


def commands(
    directory: Directory,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the commands that were given, and what became of them."""
    with said_plainly():
        found = Reader(directory / STORE_NAME).commands(terminal)
    if as_json:
        print_json(found)
    else:
        print_table(
            ("terminal", "command", "type", "given", "deadline", "state", "code"),
            [(c.terminal, c.id, c.type, c.issued, c.deadline, c.state, c.code) for c in found],
        )


def configure(
    directory: Directory,
    terminal: Terminal,
    binding: Annotated[
        Path | None, typer.Option(help="A signed binding, as the acquirer's desk issued it.", dir_okay=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="SECTION.KEY=VALUE", help="A setting in place of the file's; together all that differ."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have TERMINAL take a binding, settings or both. It answers once it has tried them: see `configurations`."""
    document: dict[str, object] = {}
    with said_plainly():
        if binding is not None:
            document["binding"] = _signed_binding(binding, terminal)
        if settings is not None:
            document["settings"] = _sections(settings)
        if not document:
            raise ValueGivenError("nothing to configure: give --binding, --set or both")
        version = Desk(directory).configure(terminal, document)
    print(json.dumps({"terminal": terminal, "version": version}) if as_json else f"configuration {version} is ordered")


def configurations(
    directory: Directory,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what terminals shall have, and what they made of it."""
    with said_plainly():
        found = Reader(directory / STORE_NAME).configurations(terminal)
    if as_json:
        for each in found:
            print(json.dumps(asdict(each) | {"document": json.loads(each.document)}, ensure_ascii=False))
    else:
        print_table(
            ("terminal", "version", "parts", "given", "reported", "state", "reason", "detail"),
            [
                (c.terminal, str(c.version), ", ".join(json.loads(c.document)), c.issued, str(c.reported), c.state,
                 c.reason, c.detail)
                for c in found
            ],
        )  # fmt: skip


def renew(directory: Directory, terminal: Terminal) -> None:
    """Have TERMINAL get a new certificate now; a backend with --authority does the rest (see `commands`)."""
    with said_plainly():
        name = Desk(directory).command(terminal, RENEW_CERTIFICATE, {})
    print(json.dumps({"terminal": terminal, "command": name}))


def _argument(text: str) -> tuple[str, object]:
    name, given, value = text.partition("=")
    if not name or not given:
        raise ValueGivenError(f"{text!r} is not NAME=VALUE, such as reason=stolen")
    return name, _value(value)


def _sections(texts: list[str]) -> dict[str, dict[str, object]]:
    sections: dict[str, dict[str, object]] = {}
    for text in texts:
        place, value = _argument(text)
        section, dot, key = place.partition(".")
        if not section or not dot or not key:
            raise ValueGivenError(f"{text!r} is not SECTION.KEY=VALUE, such as link.vitals_period_s=300")
        sections.setdefault(section, {})[key] = value
    return sections


def _value(text: str) -> object:
    """A whole number or truth as TOML writes it; everything else is text."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() else text


def _signed_binding(file: Path, terminal: str) -> dict[str, object]:
    """What is in `file`, looked at as far as can be without the operator's keys; the terminal proves it."""
    try:
        signed = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ValueGivenError(f"{file}: no signed binding ({error}); have it issued again") from error
    if not isinstance(signed, dict) or sorted(signed) != ["document", "key_id", "signature"]:
        raise ValueGivenError(f"{file}: no signed binding of document, key_id and signature; have it issued again")
    serial = parse(signed["document"]).serial
    if serial != terminal:
        raise ValueGivenError(f"{file}: the binding is for {serial}, not for {terminal}")
    return signed


def _ended(reader: Reader, terminal: str, name: str, wait_s: float) -> Command:
    deadline = time.monotonic() + wait_s
    while True:
        found = next(each for each in reader.commands(terminal) if each.id == name)
        if found.state in ENDS or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_S)
