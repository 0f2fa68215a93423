"""`jumpguard provision trail`: what technicians did to terminals, and whether that is the whole truth."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import set_cell_size

from provisioning import trail as trails
from provisioning import trail_check
from provisioning.application.tidy import printable
from provisioning.chain import Sealed
from provisioning.reasons import worded
from provisioning.texts import _, mark
from provisioning.trail_entry import BEGUN, FAILED, Action, Entry
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.provision_proof import AsJson, Check, Head, Serial, show_proof

# As they stand in the trail, so that a search of the one finds the other.
_ACTIONS: dict[Action, str] = {
    "installed": mark("installed"),
    "rolled_back": mark("rolled_back"),
    "changed": mark("changed"),
    "renewed": mark("renewed"),
    "moved": mark("moved"),
    "replaced": mark("replaced"),
    "restored": mark("restored"),
    "latch_cleared": mark("latch_cleared"),
    "retired": mark("retired"),
    "updated": mark("updated"),
    "batch_row": mark("batch_row"),
}
_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]


def trail(
    file: Annotated[Path, typer.Argument(help="The trail.", dir_okay=False)],
    serial: Serial = None,
    technician: Annotated[str | None, typer.Option(help="Only this technician's: a name, or a key's id.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=_TIMES, help="From this time on (UTC).")] = None,
    before: Annotated[datetime | None, typer.Option(formats=_TIMES, help="Before this time (UTC).")] = None,
    check: Check = False,
    technicians: Annotated[
        Path | None,
        typer.Option(help="With --check: what `jumpguard keys make technician` printed, a line each.", dir_okay=False),
    ] = None,
    head: Head = "",
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List what technicians did to terminals. Chain and signatures are proven each time; --check asks whose keys, too.

    Exit code 1 when something does not hold. That the end was cut off shows by a --head noted earlier alone.
    """
    speak(language)
    with said_plainly():
        found = trails.reading(file)
        if found.torn:
            said = _("{count} bytes at the end are of an entry that was cut off; the next one takes their place")
            typer.echo(said.format(count=found.torn), err=True)
        if check:
            known = trail_check.technicians(technicians) if technicians else None
            show_proof(f"trail {file}", found.entries, trail_check.faults(found, known), head)
            if known is None:
                typer.echo(_("Whose keys signed it was not asked: name the technicians' with --technicians."))
            return
    _list([one for one in found.entries if _fits(one.entry, serial, technician, since, before)], as_json)


def _fits(
    entry: Entry, serial: str | None, technician: str | None, since: datetime | None, before: datetime | None
) -> bool:
    begin, end = (f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else None for time in (since, before))
    return (
        serial in (None, entry.deed.serial)
        and technician in (None, entry.deed.by, entry.key_id)
        and (begin is None or entry.time >= begin)
        and (end is None or entry.time < end)
    )


def _list(shown: Sequence[Sealed[Entry]], as_json: bool) -> None:
    for sealed in shown:
        if as_json:
            typer.echo(sealed.line)
            continue
        # Lines and no table: each can be found with grep, and none is cut off in a narrow window.
        for line in _lines(sealed.entry):
            # Whoever signed it may have written anything.
            typer.echo(printable(line))


def _lines(entry: Entry) -> Iterator[str]:
    deed = entry.deed
    # Beside the f-string and not in it, where `make messages` finds no text.
    outcome = {BEGUN: _("begun"), FAILED: _("failed")}.get(deed.outcome, "")
    about = f"{set_cell_size(_(_ACTIONS[deed.action]), 13)}  {deed.serial}{'  ' if outcome else ''}{outcome}"
    version = f"  {_('version')} {deed.version}" if deed.version else ""
    yield f"{entry.sequence:>4}  {entry.time}  {about}{version}  {deed.by}  {entry.key_id}"
    yield from (f"      {text}" for text in (deed.why, worded(deed.detail), deed.batch, deed.certificate) if text)
