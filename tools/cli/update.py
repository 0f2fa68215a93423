"""`jumpguard update`: take a release on this terminal, as root."""

import json
from pathlib import Path
from typing import Annotated

import typer

from agent.update.version import is_newer
from board.slots.state import read_slots
from provisioning import order_codes
from provisioning.errors import UpdateError
from provisioning.texts import _
from provisioning.update.places import Places
from provisioning.update.settle import in_force
from provisioning.update.take import offered, older, take
from tools.cli.language import Tongue, speak
from tools.cli.plainly import files_named, said_plainly

REFUSED = 1

app = typer.Typer(add_completion=False)


@app.command(epilog="Exit code 0 when a release waits to be tried, or there is none to take; 1 when it is refused.")
def update(
    check: Annotated[bool, typer.Option("--check", help="Only say whether there is a later release.")] = False,
    version: Annotated[str, typer.Option(help="The release to take; by default the latest.")] = "",
    repository: Annotated[
        str, typer.Option(metavar="URL|DIR", help="Where releases are, in place of /etc/jumpguard/update/repository.")
    ] = "",
    root: Annotated[Path, typer.Option(help="Where the terminal's file system begins.", file_okay=False)] = Path("/"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    language: Tongue = None,
) -> None:
    """Take a later release of JumpGuard, proven by the repository's keys.

    The terminal tries it as soon as there is no sale. It stays once it is ready, signed on and acknowledged by the
    backend; otherwise the release before comes back by itself.
    """
    speak(language)
    places = Places(root)
    with said_plainly(), files_named():
        installed = in_force(read_slots(places.slots))
        try:
            found = offered(places, version, repository).version
            later = is_newer(found, installed)
            if version and not later and version != installed:
                raise older(found, installed)
            if later and not check:
                take(places, found, repository)
        except UpdateError as error:
            _refuse(error, as_json)
    if as_json:
        typer.echo(json.dumps({"installed": installed, "found": found, "later": later, "taken": later and not check}))
    else:
        typer.echo(_said(installed, found, later, check, version))


def _said(installed: str, found: str, later: bool, check: bool, version: str) -> str:
    if version == installed:
        return _("Release {installed} is installed.").format(installed=installed)
    if not later:
        return _("Release {installed} is installed; there is no later one.").format(installed=installed)
    if check:
        return _("Release {installed} is installed; {found} can be taken.").format(installed=installed, found=found)
    return _("Release {found} waits; the terminal tries it as soon as there is no sale.").format(found=found)


def _refuse(error: UpdateError, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"code": error.code, "detail": str(error)}))
    else:
        meaning, remedy = order_codes.MEANINGS[error.code]
        typer.echo(f"{error.code}: {_(meaning)} {_(remedy)}\n{error}", err=True)
    raise typer.Exit(REFUSED)
