"""What a terminal said, as it came: its latest reports, and its journal entry by entry."""

import json
from typing import Any

from nicegui import ui

from provisioning.texts import _
from tools.fleet.pages.elements import button, text, when
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.views import terminal as view

_LONGEST = 20_000
_REPORTS = ("state", "info", "vitals", "config")


def section(visit: Visit, terminal: str) -> None:
    """The section of raw messages, which is filled once somebody opens it."""
    opened = False

    async def fill() -> None:
        nonlocal opened
        if not opened:
            opened = True
            with inside:
                await _fill(visit, terminal)

    with ui.element("details").classes("jg-card jg-raw") as details:
        text("summary", _("Raw messages"))
        inside = ui.element("div").classes("jg-body")
    details.on("toggle", visit.does(fill), args=[])


async def _fill(visit: Visit, terminal: str) -> None:
    known = await visit.ask(view.known, terminal)
    for name in _REPORTS if known else ():
        said = known.told.get(name) if known else None
        if said:
            text("h3", name)
            text("pre", _pretty(said), "jg-mono jg-pre")
    for journal in await visit.ask(view.its_journals, terminal):
        text(
            "h3",
            _("journal {id}, entries up to {last}").format(id=journal["journal_id"], last=journal["last_sequence"]),
        )
        await _Entries(visit, terminal, journal["journal_id"]).more()


class _Entries:
    """The entries of one journal, newest first; as many more as are asked for."""

    def __init__(self, visit: Visit, terminal: str, journal_id: str) -> None:
        self._visit = visit
        self._of = terminal, journal_id
        self._before = 0
        self._list = ui.element("div").classes("jg-stack")
        self._button = button(_("Older"), visit.does(self.more), "expand_more")

    async def more(self) -> None:
        found = await self._visit.ask(view.entries, *self._of, self._before)
        self._button.visible = len(found) == view.MOST_ENTRIES
        if found:
            self._before = found[-1]["sequence"]
        with self._list:
            for entry in found:
                _entry(entry)


def _entry(entry: dict[str, Any]) -> None:
    with ui.element("details"):
        with ui.element("summary").classes("jg-small"):
            text("span", f"{entry['sequence']} {entry['kind']} ", "jg-mono")
            when(entry["time"]).classes("jg-muted")
        text("pre", _pretty(entry["entry"]), "jg-mono jg-pre")


def _pretty(said: str) -> str:
    lines = json.dumps(json.loads(said), indent=2, ensure_ascii=False).splitlines()
    return "\n".join(plain(line, 500) for line in lines)[:_LONGEST]
