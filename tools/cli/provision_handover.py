"""`jumpguard provision handover`: prints the hand-over sheet of an installation again."""

from pathlib import Path
from typing import Annotated

import typer

from provisioning.handover import facts as saved
from provisioning.handover import sheet, text_sheet
from tools.cli.plainly import said_plainly


def handover(
    file: Annotated[Path, typer.Argument(metavar="FACTS", help="What `install` saved.", dir_okay=False)],
    out: Annotated[Path, typer.Option(help="Where the sheet goes.", file_okay=False, exists=True)] = Path(),
) -> None:
    """Make the hand-over sheet again, in both languages: a page to print (PDF), and text, which is shown as well."""
    with said_plainly():
        facts = saved.load(file)
        paths = sheet.write(facts, out)
        typer.echo(text_sheet.render(facts))
    for path in paths:
        typer.secho(f"✓ {path}", fg="green")
