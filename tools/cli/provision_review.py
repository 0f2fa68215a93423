"""`jumpguard provision review`: an application beside what was checked."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from provisioning import registry as registries
from provisioning.application.application import Application, load
from provisioning.application.fields import BY_NAME
from provisioning.review import NOTE, PROBLEM, WARNING, Finding, findings, rows
from provisioning.texts import _, mark
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import print_table

Applications = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="What `jumpguard provision apply` wrote.", dir_okay=False)
]

_SIGNS = {PROBLEM: ("✗", "red"), WARNING: ("!", "yellow"), NOTE: ("·", "bright_black")}
_TITLES = {PROBLEM: mark("to be put right"), WARNING: mark("warning"), NOTE: mark("note")}


def review(
    files: Applications,
    registry: Annotated[
        Path | None, typer.Option(help="The registry, to see what is bound elsewhere.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each application.")] = False,
    language: Tongue = None,
) -> None:
    """Show applications beside what was checked, and what is odd about them.

    Exit code 0 when each may be signed, warnings or not; 1 when not.
    """
    speak(language)
    with said_plainly():
        applications = [load(file) for file in files]
        there = registry is not None and registry.exists()
        beside = registries.reading(registry) if registry and there else None
    if registry and not there:
        typer.echo(_("registry {path}: not there yet; nothing to compare with").format(path=registry), err=True)
    unfit = False
    for application in applications:
        found = findings(application, beside)
        unfit |= any(finding.level == PROBLEM for finding in found)
        if as_json:
            said = [{"level": one.level, "entry": one.name, "text": one.text} for one in found]
            typer.echo(json.dumps({"serial": application.serial, "findings": said}, ensure_ascii=False))
        else:
            show(application, found)
            if registry is None:
                typer.echo(_("Not compared with the registry; name it with --registry."))
    raise typer.Exit(1 if unfit else 0)


def show(application: Application, found: Sequence[Finding]) -> None:
    """Print an application and what was found about it."""
    typer.echo("")
    print_table((application.serial, _("entered"), _("checked")), list(rows(application)))
    typer.echo("")
    show_findings(found)


def show_findings(found: Sequence[Finding]) -> None:
    """Print what was found, a line each."""
    for one in found:
        sign, colour = _SIGNS[one.level]
        typer.secho(f"{sign} {_(_TITLES[one.level])}: {_(BY_NAME[one.name].title)}: {one.text}", fg=colour)
    if not found:
        typer.secho("✓ " + _("nothing is odd about it"), fg="green")
