"""What the commands that list or prove a chain of signed entries are asked for, and how they say what they found."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from provisioning.application.tidy import printable
from provisioning.chain import GENESIS, Sealed
from provisioning.errors import ChainError
from provisioning.texts import _

Serial = Annotated[str | None, typer.Option(help="Only this terminal's entries.")]
Check = Annotated[bool, typer.Option("--check", help="Prove it instead of listing it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for each entry.")]
Head = Annotated[str, typer.Option(metavar="HASH", help="With --check: a head noted earlier, which has to be in it.")]


def show_proof(name: str, entries: Sequence[Sealed[Any]], faults: Iterable[str], head: str) -> None:
    """Say that `entries` hold, and their head. Raises ChainError, after a line for each, when there are `faults`.

    `head` is one that was noted earlier, "" for none; it shows whether entries were cut off.
    """
    wrong = list(faults)
    digests = [sealed.digest for sealed in entries]
    if head and head not in (GENESIS, *digests):
        wrong.append(_("the head {head} is not in it: entries were cut off, or this is another file").format(head=head))
    for fault in wrong:
        # Whoever signed it may have written anything.
        typer.secho(f"✗ {printable(fault)}", fg="red")
    if wrong:
        raise ChainError(f"{name}: {len(wrong)} faults; find out by whom, and restore it from a copy")
    typer.secho("✓ " + _("{count} entries, chain and signatures right").format(count=len(entries)), fg="green")
    typer.echo(_("head: {head}").format(head=digests[-1] if digests else GENESIS))
