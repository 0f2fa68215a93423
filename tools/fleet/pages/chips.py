"""The row of counts by state, each of which is a filter."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from provisioning.texts import _
from tools.fleet.pages.elements import icon, text
from tools.fleet.pages.marks import mark_of, word_of
from tools.fleet.pages.visit import Visit
from tools.fleet.views.terminals import BEHIND, UNKNOWN, YES, Counts, Filters

_PRESENCE = ("online", "offline", "lost", UNKNOWN)
_LIFECYCLE = ("active", "unprovisioned", "suspended", "locked", "tampered", "retired", UNKNOWN)


class Chips:
    """`on_choose` gets the name of the filter and the value of the chip that was pressed."""

    def __init__(self, visit: Visit, on_choose: Callable[[str, str], Awaitable[None]]) -> None:
        self._visit = visit
        self._on_choose = on_choose
        self._figures: dict[tuple[str, str], tuple[ui.element, ui.label]] = {}
        with ui.element("div").classes("jg-row").props("role=group") as row:
            row.props["aria-label"] = _("States")
            for value in _PRESENCE:
                self._chip("presence", value, mark_of(value).icon, word_of(value))
            ui.element("span").classes("jg-divider")
            for value in _LIFECYCLE:
                self._chip("lifecycle", value, mark_of(value).icon, word_of(value))
            ui.element("span").classes("jg-divider")
            self._chip("alerting", YES, "notifications_active", _("with alerts"))
            self._chip("binding", BEHIND, "sync_problem", _("configuration not taken"))

    def show(self, counts: Counts, filters: Filters) -> None:
        """Change the figures, and which of the chips are pressed."""
        figures = {("presence", value): count for value, count in counts.presence.items()}
        figures |= {("lifecycle", value): count for value, count in counts.lifecycle.items()}
        figures |= {("alerting", YES): counts.alerting, ("binding", BEHIND): counts.behind}
        for (name, value), (chip, figure) in self._figures.items():
            count, pressed = figures.get((name, value), 0), getattr(filters, name) == value
            figure.text = f"{count:,}"
            chip.visible = bool(count) or pressed
            if chip.props.get("aria-pressed") != str(pressed).lower():
                chip.props["aria-pressed"] = str(pressed).lower()
                chip.update()

    def _chip(self, name: str, value: str, picture: str, word: str) -> None:
        chip = ui.element("button").props("type=button").classes(f"jg-chip jg-chip-{mark_of(value).tone}")
        with chip:
            icon(picture)
            text("span", word)
            figure = ui.label().classes("jg-figure")
        chip.on("click", self._visit.does(lambda: self._on_choose(name, value)), args=[])
        self._figures[name, value] = chip, figure
