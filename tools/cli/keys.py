"""`jumpguard keys`: the keys that sign, and the key set by which the operator root vouches for them."""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from board import private_file
from board.settings.file import fault
from board.settings.kinds import Name
from provisioning import key_set, keys
from tools.cli.plainly import files_named, said_plainly
from tools.cli.shown import print_table

app = typer.Typer(
    add_completion=False,
    help="The keys that sign, and the key set by which the operator root vouches for them; no network is needed.",
    no_args_is_help=True,
)

Set = Annotated[Path, typer.Argument(metavar="SET", help="A key set that the operator root signed.", dir_okay=False)]


class Role(Enum):
    """Who a key is for."""

    ROOT = keys.ROOT
    BINDING = keys.BINDING
    BACKEND = keys.BACKEND
    TECHNICIAN = keys.TECHNICIAN


@app.command()
def make(
    role: Annotated[Role, typer.Argument(help="Who it is for.")],
    file: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")],
) -> None:
    """Make a key, readable by its owner only. Prints its id and public half, which `sign --add` takes from a file.

    A technician's is for the audit trail: no key set takes it, `jumpguard provision trail --technicians` does.
    The root's public half goes into each terminal's settings, as `root_public` of their section `trust`.
    """
    with said_plainly():
        made = keys.create(file, role.value)
    print(json.dumps({"id": made.id, "role": role.value, "public": made.public_hex}))


@app.command()
def sign(
    out: Annotated[Path, typer.Argument(metavar="NEW_SET", help="The file for the new key set; not there yet.")],
    root: Annotated[Path, typer.Option(help="The operator root's key file.")],
    fleet: Annotated[str | None, typer.Option(help="The fleet that its first set is for.")] = None,
    after: Annotated[Path | None, typer.Option(metavar="SET", help="The set that this one follows.")] = None,
    add: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="What `make` printed of a key that is to sign; repeat it.")
    ] = None,
    retire: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="It signs nothing new; what it signed stays proven.")
    ] = None,
    revoke: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Nothing of it counts: somebody else may have it.")
    ] = None,
) -> None:
    """Sign the key set of a fleet: its first with --fleet, each following one with --after.

    Terminals whose binding is signed by a revoked key refuse payments until they have another one.
    """
    if (fleet is None) == (after is None) or (fleet is not None and (retire or revoke)):
        raise typer.BadParameter("give --fleet for the first set, or --after SET with what changes")
    if fleet is not None and fault(fleet, Name):
        raise typer.BadParameter(f"--fleet {fleet!r}: not 1 to 32 letters, digits and hyphens")
    with said_plainly(), files_named():
        signer, added = keys.load(root), [key_set.load_public(file) for file in add or []]
        if after is not None:
            signed = key_set.following(signer, key_set.load(after)[0], added, retire or [], revoke or [])
        else:
            signed = key_set.first(signer, str(fleet), added)
        private_file.create(out, (json.dumps(signed) + "\n").encode())
    _show(out)


@app.command()
def show(file: Set) -> None:
    """Say which keys a set names and how each stands. By whom it was signed, the terminals check."""
    _show(file)


def _show(file: Path) -> None:
    with said_plainly():
        found = key_set.load(file)[1]
    print_table(
        (f"version {found.version}", "role", "standing"),
        [(name, role, key.standing) for (role, name), key in found.keys.items()],
    )
