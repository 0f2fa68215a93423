"""`jumpguard fleet audit`: who changed what."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_table
from tools.cli.store import opened
from tools.fleet.views.audit import noted
from tools.fleet.views.found import Page


def audit(
    directory: Directory,
    by: Annotated[str | None, typer.Option(help="Only of this user, or cli:ACCOUNT.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, such as user.role.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this.")] = None,
    since: Annotated[str | None, typer.Option(metavar="UTC", help="From this time on, such as 2026-11-23.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List what was changed and by whom, the latest first."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        found = store.ask(noted, Page(most), by, action, subject, since)
    if as_json:
        for each in found.items:
            print(json.dumps(asdict(each), ensure_ascii=False))
        return
    print_table(
        (_("time"), _("by"), _("action"), _("subject"), _("detail")),
        [(n.at, n.by, n.action, n.subject, _told(n.detail)) for n in found.items],
    )


def _told(detail: dict[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in detail.items())
