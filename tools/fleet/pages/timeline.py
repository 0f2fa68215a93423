"""The timeline of a terminal: what happened, newest first, of the kinds that are wanted; more on demand."""

from nicegui import ui

from provisioning.texts import _, mark
from tools.fleet.alarm_kinds import meaning
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.command_words import WORDS
from tools.fleet.pages.elements import button, icon, link, text, when
from tools.fleet.pages.marks import badge, word_of
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.views.timeline import KINDS, Moment, timeline

_KINDS = {
    "connection": ("lan", mark("Connections")),
    "sale": ("point_of_sale", mark("Sales")),
    "jump": ("alt_route", mark("Jumps")),
    "command": ("send", mark("Commands")),
    "configuration": ("tune", mark("Configuration")),
    "alert": ("notifications", mark("Alerts")),
}
_PIECE = 25
_MOST = 500


class Timeline:
    """The timeline of `terminal`, whose merchant is in `zone`."""

    def __init__(self, visit: Visit, terminal: str, zone: str) -> None:
        self._visit = visit
        self._terminal = terminal
        self._zone = zone
        self._kinds = set(KINDS)
        self._older: list[Moment] = []
        self._newest: list[Moment] = []
        self._chips: dict[str, ui.element] = {}
        with ui.element("section").classes("jg-card"):
            text("h2", _("What happened"))
            with ui.element("div").classes("jg-row jg-body-row"):
                for kind, (picture, name) in _KINDS.items():
                    self._chip(kind, picture, _(name))
            self._list = Changing(self._show, "jg-timeline")
            self._more = button(_("Older"), visit.does(self._show_older), "expand_more").classes("jg-more")

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        self._newest = await self._visit.ask(timeline, self._terminal, self._kinds, None, _PIECE)
        if not self._older:
            self._more.visible = len(self._newest) == _PIECE
        self._draw()

    def _draw(self) -> None:
        known = {(moment.kind, moment.id) for moment in self._newest}
        self._list.show([*self._newest, *(one for one in self._older if (one.kind, one.id) not in known)])

    async def _show_older(self) -> None:
        last = (self._newest + self._older)[-1:]
        if last and len(self._older) < _MOST:
            older = await self._visit.ask(timeline, self._terminal, self._kinds, last[0], _PIECE)
            # What was newest a moment ago is in front of it, also once newer ones have come.
            self._older = [*self._newest, *self._older, *older]
            self._more.visible = len(older) == _PIECE
            self._draw()

    def _chip(self, kind: str, picture: str, name: str) -> None:
        chip = ui.element("button").props("type=button aria-pressed=true").classes("jg-chip")
        with chip:
            icon(picture)
            text("span", name)
        chip.on("click", self._visit.does(lambda: self._filter(kind)), args=[])
        self._chips[kind] = chip

    async def _filter(self, kind: str) -> None:
        self._kinds ^= {kind}
        self._chips[kind].props["aria-pressed"] = str(kind in self._kinds).lower()
        self._chips[kind].update()
        self._older = []
        await self.refresh()

    def _show(self, moments: list[Moment]) -> None:
        if not moments:
            text("div", _("Nothing of that is known."), "jg-empty")
        for moment in moments:
            with ui.element("div").classes("jg-moment"):
                when(moment.at, self._zone).classes("jg-muted")
                icon(_KINDS[moment.kind][0]).props["title"] = _(_KINDS[moment.kind][1])
                if moment.state:
                    badge(moment.state)
                if moment.kind == "jump":
                    link(f"/jumps/{moment.id}", _subject(moment), "jg-strong")
                else:
                    text("span", _subject(moment), "jg-strong-text")
                text("span", plain(moment.detail), "jg-muted jg-wrap jg-grow")


def _subject(moment: Moment) -> str:
    if moment.kind == "alert":
        return meaning(moment.subject) or plain(moment.subject)
    if moment.kind == "command" and moment.subject in WORDS:
        return _(WORDS[moment.subject].name)
    if moment.kind == "connection":
        return word_of(moment.subject)
    return plain(moment.subject)
