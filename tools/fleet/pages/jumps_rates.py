"""How often payments jump: bars by merchant, acquirer, region, software or hour, with both numbers beside each."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from provisioning.application import regions
from provisioning.texts import _, mark
from tools.fleet.jumps.words import beside, rate_of
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.elements import link, text
from tools.fleet.pages.jumps_address import Shown
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.views.jump_rates import BY, Rate, Rates

_NAMES = {
    "merchant": mark("Merchant"),
    "acquirer": mark("Acquirer"),
    "region": mark("Region"),
    "software": mark("Software"),
    "hour": mark("Hour of the merchant's day"),
}
_MOST = 24
# The filter that finds the jumps of a bar.
_ASKED = {"merchant": "mid", "acquirer": "acquirer", "region": "region", "software": "software"}


class RatesCard:
    """`on_choose` gets that of BY by which they shall be."""

    def __init__(self, visit: Visit, by: str, on_choose: Callable[[str], Awaitable[None]]) -> None:
        with ui.element("section").classes("jg-card"):
            with ui.element("h2"):
                text("span", _("Jumps in 1,000 sales, last 30 days"))
            with ui.element("div").classes("jg-row jg-body-row").props("role=group"):
                self._chips = {each: self._chip(visit, each, on_choose) for each in BY}
            self._list = Changing(self._show, "jg-rates")
        self._press(by)

    def show(self, found: Rates) -> None:
        """Show the rates that were `found`."""
        self._press(found.by)
        self._list.show(found)

    def _chip(self, visit: Visit, by: str, on_choose: Callable[[str], Awaitable[None]]) -> ui.element:
        chip = ui.element("button").props("type=button").classes("jg-chip")
        with chip:
            text("span", _(_NAMES[by]))
        return chip.on("click", visit.does(lambda: on_choose(by)), args=[])

    def _press(self, by: str) -> None:
        for each, chip in self._chips.items():
            if chip.props.get("aria-pressed") != str(each == by).lower():
                chip.props["aria-pressed"] = str(each == by).lower()
                chip.update()

    def _show(self, found: Rates) -> None:
        shown = found.rates[:_MOST]
        highest = max((rate.per_thousand or 0 for rate in shown), default=0)
        if not shown:
            text("div", _("No sales and no jumps in this time."), "jg-empty")
        for rate in shown:
            _bar(found.by, rate, highest)
        text("div", beside(found), "jg-small jg-muted jg-body")


def _bar(by: str, rate: Rate, highest: float) -> None:
    with ui.element("div").classes("jg-rate"):
        _named(by, rate).props["title"] = _name(by, rate)
        with ui.element("span").classes("jg-rate-bar").props("aria-hidden=true"):
            share = 100 * (rate.per_thousand or 0) / highest if highest else 0
            ui.element("span").style(f"width:{share:.1f}%").classes("jg-rate-few" if rate.few else "")
        text("span", rate_of(rate), "jg-strong-text")
        text(
            "span",
            _("{jumps} jumps, {sales} sales").format(jumps=f"{rate.jumps:,}", sales=f"{rate.sales:,}"),
            "jg-muted",
        )


def _named(by: str, rate: Rate) -> TextElement:
    """What the bar is of; it leads to those jumps where they can be asked for."""
    asked = _ASKED.get(by)
    if asked is None or not rate.value:
        return text("span", _name(by, rate), "jg-cut")
    return link(Shown().meaning(**{asked: rate.value}).address(), _name(by, rate), "jg-cut")


def _name(by: str, rate: Rate) -> str:
    if by == "hour":
        return f"{rate.value}:00"
    place = regions.around(rate.value) if by == "region" and rate.value else None
    name = place.name if place else rate.name
    return plain(f"{rate.value or '?'} {name}".strip(), 60)
