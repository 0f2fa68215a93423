"""The terminals page: which there are, how they stand, and orders to several at once."""

import dataclasses
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from provisioning.texts import _, mark
from tools.fleet.access.actor import Role
from tools.fleet.ordering import MOST_AT_ONCE
from tools.fleet.pages import terminals_address as address
from tools.fleet.pages.chips import Chips
from tools.fleet.pages.command_form import CommandForm
from tools.fleet.pages.elements import button, icon, text
from tools.fleet.pages.rollouts import FOUND as NEW_ROLLOUT
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.terminals_table import SLOTS, columns, row_of
from tools.fleet.pages.visit import Visit
from tools.fleet.views import terminals as view


class TerminalsPage:
    """What one visitor sees of the terminals; `shown` says which, and the address with it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._shown = address.read(visit.request.query_params)
        self._asked: address.Shown | None = None
        self._number = 0
        self._build()

    def _build(self) -> None:
        with ui.element("div").classes("jg-head"):
            text("h1", _("Terminals"))
            self._total = ui.label().classes("jg-muted").props("role=status")
        with ui.element("div").classes("jg-row"):
            self._search = ui.input(
                placeholder=_("Serial, MID, TID, merchant or region"), value=self._shown.filters.search
            )
            self._search.classes("jg-search").props("dense outlined clearable debounce=250 maxlength=100")
            self._search.props["aria-label"] = _("Search")
            self._search.on_value_change(self._visit.does(self._find))
            ui.element("span").classes("jg-grow")
            self._csv = ui.element("a").classes("jg-button").props("download")
            with self._csv:
                icon("download")
                text("span", _("CSV"))
            self._roll_out = ui.element("a").classes("jg-button")
            self._roll_out.visible = self._visit.actor.may_be(Role.OPERATOR)
            with self._roll_out:
                icon("waves")
                text("span", _("Roll out"))
        self._chips = Chips(self._visit, self._filter)
        self._bulk = ui.element("div").classes("jg-row jg-bulk")
        self._build_bulk()
        self._table = self._build_table()

    def _build_bulk(self) -> None:
        with self._bulk:
            self._chosen = ui.label().props("role=status")
            button(_("All that are found"), self._visit.does(self._choose_all), "select_all")
            button(_("Order a command"), self._visit.does(self._order), "send").classes("jg-primary")
            button(_("None"), self._visit.does(self._choose_none), "close")
        self._bulk.visible = False

    def _build_table(self) -> ui.table:
        may_order = self._visit.actor.may_be(Role.OPERATOR)
        table = ui.table(
            rows=[],
            columns=columns(),
            row_key="terminal",
            selection="multiple" if may_order else None,
            pagination=self._pagination(self._number),
            on_select=self._visit.does(self._count_chosen),
        )
        table.classes("jg-table").props(f"flat dense binary-state-sort :rows-per-page-options={list(address.SIZES)}")
        for name, template in SLOTS.items():
            table.add_slot(name, template)
        table.on("request", self._visit.does(self._turn))
        return table

    async def refresh(self) -> None:
        """Ask the store again, and change what is different.

        All at once: whatever changes, a browser draws the whole page anew, and whoever waits, waits for each time.
        """
        shown = self._shown
        if shown is self._asked:  # its answer is on its way
            return
        self._asked = shown
        try:
            first = (shown.page - 1) * shown.size
            answer = await self._visit.ask(view.page, shown.filters, shown.sort, shown.falling, shown.size, first)
        finally:
            if shown is self._asked:
                self._asked = None
        if shown is self._shown:  # else somebody chose something else meanwhile
            self._change(*answer)

    def _change(self, lines: list[view.Line], number: int, counts: view.Counts) -> None:
        self._number = number
        rows = [row_of(line) for line in lines]
        if rows != self._table.rows:
            self._table.rows = rows
        self._show_pagination()
        self._chips.show(counts, self._shown.filters)
        self._total.text = _("{found} of {total}").format(found=f"{number:,}", total=f"{counts.total:,}")
        self._lead_on()

    def _show_pagination(self) -> None:
        pagination = self._pagination(self._number)
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

    def _lead_on(self) -> None:
        """To the same terminals as a table, and in a form for a roll-out."""
        for link, path in ((self._csv, address.CSV_PATH), (self._roll_out, NEW_ROLLOUT)):
            target = f"{path}?{self._shown.query()}"
            if link.props.get("href") != target:
                link.props["href"] = target
                link.update()

    async def start(self) -> None:
        """Show it, and go on showing what changes."""
        await self.refresh()
        self._visit.live(self.refresh)

    async def _find(self) -> None:
        await self._show(self._shown.meaning(search=(self._search.value or "").strip()))

    async def _filter(self, name: str, value: str) -> None:
        chosen = getattr(self._shown.filters, name)
        await self._show(self._shown.meaning(**{name: "" if chosen == value else value}))

    async def _turn(self, event: GenericEventArguments) -> None:
        wanted = event.args["pagination"]
        query = {"sort": str(wanted["sortBy"]), "page": str(wanted["page"]), "size": str(wanted["rowsPerPage"])}
        asked = address.read(query | ({"order": "falling"} if wanted["descending"] else {}))
        await self._show(dataclasses.replace(asked, filters=self._shown.filters))

    def _count_chosen(self) -> None:
        count = len(self._table.selected)
        self._chosen.text = _("{count} chosen").format(count=count)
        self._bulk.visible = count > 0

    async def _choose_all(self) -> None:
        names = await self._visit.ask(view.names, self._shown.filters, MOST_AT_ONCE)
        shown = {row["terminal"]: row for row in self._table.rows}
        self._table.selected = [shown.get(name, {"terminal": name}) for name in names]
        self._count_chosen()
        if len(names) == MOST_AT_ONCE:
            ui.notify(_("{count} at most: use a roll-out for more.").format(count=MOST_AT_ONCE), type="warning")

    def _choose_none(self) -> None:
        self._table.selected = []
        self._count_chosen()

    def _order(self) -> None:
        def given(ids: list[str]) -> None:
            ui.notify(_("{count} commands are ordered.").format(count=len(ids)), type="positive")
            self._choose_none()

        CommandForm(self._visit, [row["terminal"] for row in self._table.selected], given)


@page_of(address.PATH, title=mark("Terminals"))
async def terminals(visit: Visit) -> None:
    """All terminals, by search, state and page."""
    await TerminalsPage(visit).start()
