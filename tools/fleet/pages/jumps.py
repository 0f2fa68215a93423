"""The jumps page: what was booked under another merchant, as it happens, how often, and how far people are with it."""

import time
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments, ValueChangeEventArguments

from agent.jump import match
from provisioning.texts import _, mark
from tools.fleet.jumps.event import UNREADABLE
from tools.fleet.jumps.steps import WORKFLOW
from tools.fleet.jumps.words import said
from tools.fleet.pages import jumps_address as address
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.elements import icon, text
from tools.fleet.pages.jumps_rates import RatesCard
from tools.fleet.pages.jumps_table import SLOTS, columns, row_of
from tools.fleet.pages.marks import mark_of, word_of
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.visit import Visit
from tools.fleet.times import moved, utc_now
from tools.fleet.views.found import Page
from tools.fleet.views.jump_rates import rates
from tools.fleet.views.jumps import YES, Counts, Filters, counts, listed

_RATES_OF = timedelta(days=30)
# Rates count all sales of that time: they are asked for less often than the rest.
_RATES_S = 15.0
_FIELDS = (match.ACQUIRER, match.MID, match.TID, match.NAME, match.CURRENCY)
# Filters that have a place of their own on the page; others are shown when an address asks for them.
_PLACED = ("text", "workflow", "field", "reverses", "since", "until")


class JumpsPage:
    """What one visitor sees of the jumps; `shown` says which, and the address with it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._shown = address.read(visit.request.query_params)
        self._rated = 0.0
        with ui.element("div").classes("jg-head"):
            text("h1", _("Jumps"))
            self._total = text("span", "", "jg-muted").props("role=status")
        self._build_search()
        self._chips = Changing(self._show_chips, "jg-row")
        self._others = Changing(self._show_others, "jg-row")
        self._table = self._build_table()
        self._rates = RatesCard(visit, self._shown.by, self._rate_by)

    def _build_search(self) -> None:
        asked = self._shown.asked
        with ui.element("div").classes("jg-row"):
            search = ui.input(placeholder=_("Terminal, merchant, MID, TID or what was observed"), value=asked.text)
            search.classes("jg-search").props("dense outlined clearable debounce=250 maxlength=100")
            search.props["aria-label"] = _("Search")
            search.on_value_change(self._visit.does(lambda event: self._set("text", event)))
            every = {"": _("any field"), **{field: said(field) for field in _FIELDS}}
            field = ui.select(every, value=asked.field if asked.field in every else "").props("dense outlined")
            field.props["aria-label"] = _("Field")
            field.on_value_change(self._visit.does(lambda event: self._set("field", event)))
            for name, label in (("since", _("From")), ("until", _("To"))):
                day = ui.input(label, value=getattr(asked, name)).props(
                    "dense outlined type=date stack-label clearable"
                )
                day.on_value_change(self._visit.does(lambda event, name=name: self._set(name, event)))

    def _build_table(self) -> ui.table:
        table = ui.table(rows=[], columns=columns(), row_key="id", pagination=self._pagination(0))
        table.classes("jg-table").props("flat dense binary-state-sort :rows-per-page-options=[25]")
        for name, template in SLOTS.items():
            table.add_slot(name, template)
        table.on("request", self._visit.does(self._turn))
        return table

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        shown = self._shown
        page = Page(address.SIZE, (shown.page - 1) * address.SIZE)
        found = await self._visit.ask(listed, shown.filters, page, shown.sort, not shown.rising)
        known = await self._visit.ask(counts)
        if shown is not self._shown:  # somebody chose something else meanwhile
            return
        self._total.text = _("{found} of {total} jumps").format(found=f"{found.total:,}", total=f"{known.total:,}")
        self._chips.show((known, shown.asked))
        self._others.show(shown.asked)
        rows = [row_of(line) for line in found.items]
        if rows != self._table.rows:
            self._table.rows = rows
        pagination = self._pagination(found.total)
        if pagination != self._table.pagination:
            self._table.pagination = pagination
        if time.monotonic() - self._rated > _RATES_S:
            self._rated = time.monotonic()
            now = utc_now()
            self._rates.show(await self._visit.ask(rates, shown.by, moved(now, -_RATES_OF), moved(now, _RATES_OF)))

    def _pagination(self, number: int) -> dict[str, Any]:
        shown = self._shown
        return {
            "sortBy": shown.sort,
            "descending": not shown.rising,
            "page": shown.page,
            "rowsPerPage": address.SIZE,
            "rowsNumber": number,
        }

    def _show_chips(self, known: tuple[Counts, Filters]) -> None:
        told, asked = known
        for step in WORKFLOW:
            self._chip("workflow", step, mark_of(step).icon, word_of(step), told.workflow[step], asked)
        ui.element("span").classes("jg-divider")
        self._chip("reverses", YES, "undo", _("money moved"), told.reverses, asked)
        if unreadable := told.stage.get(UNREADABLE, 0):
            self._chip("stage", UNREADABLE, "help", said(UNREADABLE), unreadable, asked)

    def _chip(self, name: str, value: str, picture: str, word: str, count: int, asked: Filters) -> None:
        pressed = getattr(asked, name) == value
        chip = ui.element("button").props("type=button").classes("jg-chip")
        chip.props["aria-pressed"] = str(pressed).lower()
        with chip:
            icon(picture)
            text("span", word)
            text("b", f"{count:,}")
        chip.on(
            "click",
            self._visit.does(lambda: self._show(self._shown.meaning(**{name: "" if pressed else value}))),
            args=[],
        )

    def _show_others(self, asked: Filters) -> None:
        """Filters of the address that have no place of their own, each of which can be taken away."""
        for each in fields(Filters):
            value = getattr(asked, each.name)
            if value and each.name not in _PLACED and value != UNREADABLE:
                chip = ui.element("button").props("type=button aria-pressed=true").classes("jg-chip")
                with chip:
                    text("span", f"{each.name}: {value}")
                    icon("close")
                chip.on(
                    "click",
                    self._visit.does(lambda name=each.name: self._show(self._shown.meaning(**{name: ""}))),
                    args=[],
                )

    async def _set(self, name: str, event: ValueChangeEventArguments[Any]) -> None:
        wanted = address.read({name: str(event.value or "").strip()})
        await self._show(self._shown.meaning(**{name: getattr(wanted.asked, name)}))

    async def _turn(self, event: GenericEventArguments) -> None:
        wanted = event.args["pagination"]
        query = {"sort": str(wanted["sortBy"]), "page": str(wanted["page"])}
        asked = address.read(query | ({} if wanted["descending"] else {"order": "rising"}))
        await self._show(replace(asked, asked=self._shown.asked, by=self._shown.by))

    async def _rate_by(self, by: str) -> None:
        self._rated = 0.0
        await self._show(replace(self._shown, by=by))

    async def _show(self, shown: address.Shown) -> None:
        self._shown = shown
        ui.navigate.history.replace(shown.address())
        await self.refresh()


@page_of(address.PATH, title=mark("Jumps"))
async def jumps(visit: Visit) -> None:
    """All jumps, by filters, as they happen."""
    page = JumpsPage(visit)
    await page.refresh()
    visit.live(page.refresh)
