"""The alerts page: what is wrong, the worst first, what to do about it, and who sees to it."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from provisioning.texts import _, mark
from tools.fleet.access.actor import Role
from tools.fleet.alarms import LONGEST_WHY
from tools.fleet.alerts import changes
from tools.fleet.alerts.words import SEVERITIES
from tools.fleet.pages import alerts_address as address
from tools.fleet.pages.alerts_table import SLOTS, columns, row_of
from tools.fleet.pages.chips import Chip
from tools.fleet.pages.elements import button, text
from tools.fleet.pages.marks import IDLE, mark_of, word_of
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.visit import Visit
from tools.fleet.times import utc_now
from tools.fleet.views import alerts as view
from tools.fleet.views.alerts import ACKNOWLEDGED, HIDDEN, NEW, OPEN, OVER

_STATES = {
    OPEN: ("notifications_active", mark("not over")),
    NEW: ("notification_important", mark("not acknowledged")),
    ACKNOWLEDGED: ("done", mark("acknowledged")),
    HIDDEN: ("visibility_off", mark("follow from another")),
    OVER: ("history", mark("over")),
}


class AlertsPage:
    """What one visitor sees of the alerts; `shown` says which, and the address with it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._shown = address.read(visit.request.query_params)
        self._chips: dict[tuple[str, str], Chip] = {}
        with ui.element("div").classes("jg-head"):
            text("h1", _("Alerts"))
            self._total = ui.label().classes("jg-muted").props("role=status")
        self._search = ui.input(placeholder=_("Terminal, merchant, kind, detail"), value=self._shown.filters.text)
        self._search.classes("jg-search").props("dense outlined clearable debounce=250 maxlength=100")
        self._search.props["aria-label"] = _("Search")
        self._search.on_value_change(visit.does(self._find))
        self._build_chips()
        self._bulk = ui.element("div").classes("jg-row jg-bulk")
        self._build_bulk()
        self._table = self._build_table()

    def _build_chips(self) -> None:
        with ui.element("div").classes("jg-row").props("role=group") as row:
            row.props["aria-label"] = _("Severities and states")
            for severity in SEVERITIES:
                self._chip("severity", severity, mark_of(severity).icon, word_of(severity))
            ui.element("span").classes("jg-divider")
            for state, (picture, word) in _STATES.items():
                self._chip("state", state, picture, _(word))
            ui.element("span").classes("jg-divider")
            self._chip("assignee", self._visit.actor.name, "person", _("mine"))
            # What only an address asks for can be let go of here.
            for name in ("kind", "terminal"):
                if value := getattr(self._shown.filters, name):
                    self._chip(name, value, "filter_alt", value)

    def _chip(self, name: str, value: str, picture: str, word: str) -> None:
        choose = self._visit.does(lambda: self._filter(name, value))
        tone = mark_of(value).tone if name == "severity" else IDLE
        self._chips[name, value] = Chip(picture, tone, word, choose)

    def _build_bulk(self) -> None:
        with self._bulk:
            self._chosen = ui.label().props("role=status")
            button(_("Acknowledge"), self._visit.does(self._acknowledge), "done").classes("jg-primary")
            button(_("Assign"), self._visit.does(self._assign), "person_add")
            button(_("Close"), self._visit.does(self._close), "task_alt")
            button(_("None"), self._visit.does(self._choose_none), "close")
        self._bulk.visible = False

    def _build_table(self) -> ui.table:
        table = ui.table(
            rows=[],
            columns=columns(),
            row_key="id",
            selection="multiple" if self._visit.actor.may_be(Role.OPERATOR) else None,
            pagination=self._pagination(0),
            on_select=self._visit.does(self._count_chosen),
        )
        table.classes("jg-table").props(f"flat binary-state-sort :rows-per-page-options={list(address.SIZES)}")
        for name, template in SLOTS.items():
            table.add_slot(name, template)
        table.on("request", self._visit.does(self._turn))
        return table

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        shown = self._shown
        found = await self._visit.ask(view.listed, shown.filters, shown.part(), shown.sort, shown.falling)
        counts = await self._visit.ask(view.counts)
        if shown is not self._shown:  # somebody chose something else meanwhile
            return
        figures = {("severity", name): counts.severity.get(name, 0) for name in SEVERITIES}
        figures |= {("state", NEW): counts.new, ("state", HIDDEN): counts.hidden}
        for (name, value), chip in self._chips.items():
            chip.show(figures.get((name, value)), getattr(shown.filters, name) == value)
        self._total.text = _("{count} found").format(count=f"{found.total:,}")
        rows = [row_of(line) for line in found.items]
        if rows != self._table.rows:
            self._table.rows = rows
        pagination = self._pagination(found.total)
        if pagination != self._table.pagination:
            self._table.pagination = pagination

    def _pagination(self, number: int) -> dict[str, Any]:
        shown = self._shown
        return {
            "sortBy": shown.sort,
            "descending": shown.falling,
            "page": shown.page,
            "rowsPerPage": shown.size,
            "rowsNumber": number,
        }

    async def _show(self, shown: address.Shown) -> None:
        self._shown = shown
        ui.navigate.history.replace(shown.address())
        await self.refresh()

    async def _find(self) -> None:
        await self._show(self._shown.meaning(text=(self._search.value or "").strip()))

    async def _filter(self, name: str, value: str) -> None:
        usual = OPEN if name == "state" else ""
        await self._show(self._shown.meaning(**{name: usual if getattr(self._shown.filters, name) == value else value}))

    async def _turn(self, event: GenericEventArguments) -> None:
        wanted = event.args["pagination"]
        query = {"sort": str(wanted["sortBy"]), "page": str(wanted["page"]), "size": str(wanted["rowsPerPage"])}
        asked = address.read(query | ({} if wanted["descending"] else {"order": "rising"}))
        await self._show(dataclasses.replace(asked, filters=self._shown.filters))

    def _numbers(self) -> list[int]:
        return [row["id"] for row in self._table.selected]

    def _count_chosen(self) -> None:
        count = len(self._table.selected)
        self._chosen.text = _("{count} chosen").format(count=count)
        self._bulk.visible = count > 0

    def _choose_none(self) -> None:
        self._table.selected = []
        self._count_chosen()

    async def _acknowledge(self) -> None:
        await self._visit.order(changes.acknowledge, self._numbers(), utc_now())
        await self._done()

    def _assign(self) -> None:
        async def give(name: str) -> None:
            await self._visit.order(changes.assign, self._numbers(), name.strip() or None)
            await self._done()

        self._ask(_("Assign"), _("Who sees to it; nobody when empty"), self._visit.actor.name, give)

    def _close(self) -> None:
        async def close(why: str) -> None:
            await self._visit.order(changes.close, self._numbers(), why, utc_now())
            await self._done()

        self._ask(_("Close"), _("Why: what was found, and by whom"), "", close)

    def _ask(self, title: str, label: str, usual: str, do: Callable[[str], Awaitable[None]]) -> None:
        """Ask for a text in a dialog, and `do` with it what is to be done."""

        async def go_on() -> None:
            await do(said.value or "")
            dialog.close()

        with ui.dialog() as dialog, ui.element("div").classes("jg-dialog jg-form"):
            text("h2", title)
            ui.label(self._chosen.text).classes("jg-muted")
            said = ui.input(label, value=usual).classes("jg-full").props(f"maxlength={LONGEST_WHY} autofocus")
            said.on("keydown.enter", self._visit.does(go_on), args=[])
            with ui.element("div").classes("jg-row"):
                ui.element("span").classes("jg-grow")
                button(_("Cancel"), dialog.close)
                button(title, self._visit.does(go_on)).classes("jg-primary")
        dialog.open()

    async def _done(self) -> None:
        self._choose_none()
        await self.refresh()


@page_of(address.PATH, title=mark("Alerts"))
async def alerts(visit: Visit) -> None:
    """All alerts, by severity, state and page."""
    page = AlertsPage(visit)
    await page.refresh()
    visit.live(page.refresh)
