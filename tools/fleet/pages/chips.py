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


class Chip:
    """A filter that can be pressed, with how many it finds; `on_press` is called without anything."""

    def __init__(self, picture: str, tone: str, word: str, on_press: Callable[..., object]) -> None:
        self.element = ui.element("button").props("type=button").classes(f"jg-chip jg-chip-{tone}")
        with self.element:
            icon(picture)
            text("span", word)
            self._figure = ui.label().classes("jg-figure")
        self.element.on("click", on_press, args=[])

    def show(self, count: int | None, pressed: bool) -> None:
        """Change the figure, which may be unknown, and whether it is pressed."""
        self._figure.text = "" if count is None else f"{count:,}"
        if self.element.props.get("aria-pressed") != str(pressed).lower():
            self.element.props["aria-pressed"] = str(pressed).lower()
            self.element.update()


class Chips:
    """`on_choose` gets the name of the filter and the value of the chip that was pressed."""

    def __init__(self, visit: Visit, on_choose: Callable[[str, str], Awaitable[None]]) -> None:
        self._visit = visit
        self._on_choose = on_choose
        self._chips: dict[tuple[str, str], Chip] = {}
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
        for (name, value), chip in self._chips.items():
            count, pressed = figures.get((name, value), 0), getattr(filters, name) == value
            chip.show(count, pressed)
            chip.element.visible = bool(count) or pressed

    def _chip(self, name: str, value: str, picture: str, word: str) -> None:
        choose = self._visit.does(lambda: self._on_choose(name, value))
        self._chips[name, value] = Chip(picture, mark_of(value).tone, word, choose)
