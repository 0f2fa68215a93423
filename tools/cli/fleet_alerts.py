"""`jumpguard fleet alerts`, `acknowledge` and `assign`: what is wrong in the fleet, and who sees to it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from provisioning.texts import _
from tools.cli.fleet_alarms import explain
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_table
from tools.cli.store import me, opened
from tools.fleet.alarm_kinds import meaning, remedy
from tools.fleet.alerts import changes
from tools.fleet.times import utc_now
from tools.fleet.views.alerts import OPEN, STATES, Filters, Line, listed
from tools.fleet.views.found import MOST, Page
from tools.fleet.words import said

Numbers = Annotated[list[int], typer.Argument(metavar="ID...", help="As `jumpguard fleet alerts` lists them.")]


def alerts(
    directory: Directory,
    state: Annotated[str, typer.Option(help=", ".join(STATES))] = OPEN,
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "",
    kind: Annotated[str, typer.Option(help="Only of this kind.")] = "",
    assignee: Annotated[str, typer.Option(help="Only this person's.")] = "",
    terminal: Annotated[str, typer.Option(help="Only this terminal's.")] = "",
    text: Annotated[str, typer.Option(help="Words that occur in it.")] = "",
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List the alerts, the worst first: one for each terminal and kind of trouble, and what to do about it."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        found = store.ask(listed, Filters(state, severity, kind, assignee, terminal, text), Page(MOST))
    if as_json:
        for line in found.items:
            said_of_it = {"meaning": meaning(line.kind), "remedy": remedy(line.kind)}
            print(json.dumps(asdict(line) | said_of_it, ensure_ascii=False))
        return
    _print(found.items)
    if found.total > len(found.items):
        print(_("{count} more: ask for fewer with --severity, --kind or --text.").format(count=found.total - MOST))
    explain(line.kind for line in found.items)


def acknowledge(directory: Directory, number: Numbers) -> None:
    """Say that you have seen alerts; they stay until what they are about is over."""
    with said_plainly(), opened(directory) as store:
        store.change(changes.acknowledge, me(), number, utc_now())
    print(json.dumps({"acknowledged": number}))


def assign(
    directory: Directory,
    number: Numbers,
    to: Annotated[str, typer.Option(help="Who sees to it; nobody when empty.")],
) -> None:
    """Give alerts to somebody."""
    with said_plainly(), opened(directory) as store:
        store.change(changes.assign, me(), number, to or None)
    print(json.dumps({"assigned": number, "to": to}))


def _print(lines: Sequence[Line]) -> None:
    if not lines:
        print(_("No alert is open."))
        return
    columns = (
        _("number"),
        _("severity"),
        _("terminal"),
        _("alert"),
        _("since"),
        _("times"),
        _("acknowledged by"),
        _("assigned to"),
        _("detail"),
    )
    print_table(columns, [
        (str(a.id), said(a.severity), a.terminal or "-", a.kind, a.raised_at, str(a.times), a.acknowledged_by,
         a.assignee, a.detail)
        for a in lines
    ])  # fmt: skip
