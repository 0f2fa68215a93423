"""`jumpguard provision registry`: who issued what for whom and when, and whether that is the whole truth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from provisioning import registry as registries
from provisioning.application.tidy import printable
from provisioning.chain import Sealed
from provisioning.registry_check import faults, vouched_keys
from provisioning.registry_entry import Entry
from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.provision_proof import AsJson, Check, Head, Serial, show_proof


def registry(
    file: Annotated[Path, typer.Argument(help="The registry.", dir_okay=False)],
    serial: Serial = None,
    check: Check = False,
    keys: Annotated[
        Path | None, typer.Option(help="With --check: the operator's newest key set.", dir_okay=False)
    ] = None,
    root: Annotated[str, typer.Option(metavar="HEX", help="With --keys: the operator root's public half.")] = "",
    head: Head = "",
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List what the registry says. Its chain and signatures are proven each time; --check looks at all the rest, too.

    Exit code 1 when something does not hold. That the end was cut off shows by a --head noted earlier alone.
    """
    speak(language)
    if keys and not root:
        raise typer.BadParameter("--keys needs --root HEX: the public half that `jumpguard keys make root` printed")
    with said_plainly():
        found = registries.reading(file)
        vouched = vouched_keys(keys, root) if keys else None
        if check:
            show_proof(f"registry {file}", found.entries, faults(found, vouched), head)
            if vouched is None:
                said = _("Whose keys signed it was not asked: name the operator's key set with --keys, and --root.")
                typer.echo(said)
            return
    shown = [sealed for sealed in found.entries if serial in (None, sealed.entry.serial)]
    _list(shown, as_json)


def _list(shown: Sequence[Sealed[Entry]], as_json: bool) -> None:
    if as_json:
        for sealed in shown:
            typer.echo(sealed.line)
        return
    for e in (sealed.entry for sealed in shown):
        # Lines and no table: each can be found with grep, and none is cut off in a narrow window.
        bound = f"{e.acquirer} {e.mid} / {e.tid}"
        line = f"{e.sequence:>4}  {e.time}  {e.action:<7}  {e.serial}  {_('version')} {e.version}  {bound}  {e.by}"
        # Whoever signed it may have written anything.
        typer.echo(printable(line))
        if e.why:
            typer.echo(f"      {printable(e.why)}")
