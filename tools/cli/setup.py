"""`jumpguard setup`: make a Raspberry Pi's system that of a terminal, or write a card that comes up as one."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from provisioning.errors import SetupError
from provisioning.pi.apply import apply, undo, undoing
from provisioning.pi.change import Change
from provisioning.pi.changes import Options, changes
from provisioning.pi.models import Model, detect
from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.setup_card import card

AUTO = "auto"
MODELS = (AUTO, *Model)

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    help="Make this Raspberry Pi's system that of a terminal; with `card`, write a card that comes up as one.",
    epilog="Start with: jumpguard setup --dry-run",
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
TimeServers = Annotated[
    list[str] | None, typer.Option("--time-server", help="Asked for the time, in place of the system's own.")
]
ReadOnlyRoot = Annotated[
    bool, typer.Option("--read-only-root", help="A root that a power cut cannot damage; see the README for how far.")
]


@app.callback(invoke_without_command=True)
def setup(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would change.")] = False,
    root: Annotated[
        Path, typer.Option(help="The system's root; another one for a card that is mounted here.", file_okay=False)
    ] = Path("/"),
    model: Annotated[str, typer.Option(help=f"One of {', '.join(MODELS)}.")] = AUTO,
    read_only_root: ReadOnlyRoot = False,
    time_server: TimeServers = None,
    undo_all: Annotated[bool, typer.Option("--undo", help="Put back what it changed.")] = False,
    reboot: Annotated[bool, typer.Option("--reboot", help="Restart afterwards, where a change needs it.")] = False,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Set up the system below `root`: show what changes, and change it unless --dry-run."""
    if context.invoked_subcommand:
        return
    speak(language)
    with said_plainly():
        left_alone: list[str] = []
        if undo_all:
            found, left_alone = undoing(root)
        else:
            found = changes(root, chosen(model, root), Options(read_only_root, tuple(time_server or ())))
        _show(found, left_alone, dry_run, as_json)
        if dry_run:
            return
        if undo_all:
            undo(root, found)
        else:
            apply(root, found)
        if found:
            _after(root, reboot)


def chosen(name: str, root: Path) -> Model:
    """The model that `--model` names, or that the kernel names for `auto`. Raises SetupError."""
    if name == AUTO:
        return detect(root)
    try:
        return Model(name)
    except ValueError as error:
        known = ", ".join(MODELS)
        raise SetupError(_("%(name)r is no model; known are %(known)s") % {"name": name, "known": known}) from error


def _show(found: Sequence[Change], left_alone: Sequence[str], dry_run: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "changes": [one.as_json() for one in found],
                    "left_alone": list(left_alone),
                    "made": not dry_run,
                    "reboot_needed": bool(found) and not dry_run,
                },
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    for one in found:
        typer.echo(f"{one.path}\n  {_(one.why)}")
        typer.echo("".join(f"    {line}\n" for line in one.diff().splitlines()))
    for path in left_alone:
        typer.echo(_("%s has been changed since and is left as it is") % path)
    if not found:
        typer.echo(_("nothing is left to change"))
    elif dry_run:
        typer.echo(_("%d changes; nothing was changed yet") % len(found))


def _after(root: Path, reboot: bool) -> None:
    here = root.resolve() == Path("/")
    if not reboot:
        # Whoever has a card mounted at a desk must not restart the desk.
        how = _("it counts from the next restart on: sudo reboot") if here else _("it counts from its next start on")
        typer.echo(how, err=True)
        return
    systemctl = shutil.which("systemctl")
    if not here or systemctl is None:
        raise SetupError(_("only the system that runs can be restarted, by systemctl"))
    subprocess.run([systemctl, "reboot"], check=True)


app.command("card", epilog="Example: jumpguard setup card --boot /media/bootfs --serial JG-2026-0001 ...")(card)
