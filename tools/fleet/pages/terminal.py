"""The page of one terminal: how it stands and why, what happened, its vitals, binding, commands and raw messages."""

from datetime import timedelta
from typing import Any, NamedTuple

from nicegui import ui

from agent.command.status import RUNNING
from provisioning.application import regions
from provisioning.texts import _, mark
from tools.fleet.access.actor import Role
from tools.fleet.alarm_kinds import meaning, remedy
from tools.fleet.pages import binding_diff, raw
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.command_form import CommandForm
from tools.fleet.pages.command_words import WORDS
from tools.fleet.pages.elements import button, icon, text, when
from tools.fleet.pages.marks import badge
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.timeline import Timeline
from tools.fleet.pages.visit import Visit
from tools.fleet.pages.vitals_chart import Chart
from tools.fleet.plain import plain
from tools.fleet.shown_vitals import rows
from tools.fleet.times import utc_now
from tools.fleet.views import terminal as view
from tools.fleet.views.found import Page
from tools.fleet.views.orders import Command, commands
from tools.fleet.views.vitals import courses

_MOST_COMMANDS = 8
_SPANS = {"1 h": 1, "6 h": 6, "24 h": 24, "7 d": 168}


class _Head(NamedTuple):
    """What stands at the top of the page."""

    presence: str
    lifecycle: str
    since: str
    reason: str
    merchant: str
    zone: str

    @classmethod
    def of(cls, known: view.Known) -> "_Head":
        """What is `known` of it."""
        told, facts = known.told, known.facts
        return cls(
            told.get("presence") or "unknown",
            told.get("lifecycle") or "",
            facts.get("since", ""),
            facts.get("reason", ""),
            facts.get("merchant", ""),
            known.zone,
        )


class TerminalPage:
    """What one visitor sees of a terminal, of which something is `known`."""

    def __init__(self, visit: Visit, known: view.Known) -> None:
        self._visit = visit
        self._name = known.terminal
        self._span_h = _SPANS["6 h"]
        self._head = Changing(self._show_head, "jg-head")
        self._alerts = Changing(self._show_alerts, "jg-stack")
        with ui.element("div").classes("jg-split"):
            with ui.element("div").classes("jg-stack"):
                self._timeline = Timeline(visit, self._name, known.zone)
                self._chart = self._build_chart()
            with ui.element("div").classes("jg-stack"):
                self._commands = Changing(self._show_commands, "jg-card")
                self._binding = Changing(binding_diff.show, "jg-card")
                self._facts = Changing(self._show_facts, "jg-card")
        raw.section(visit, self._name)

    def _build_chart(self) -> Chart:
        with ui.element("section").classes("jg-card"):
            text("h2", _("Vitals"))
            with ui.element("div").classes("jg-row jg-body-row").props("role=group"):
                self._spans = {name: self._span(name, hours) for name, hours in _SPANS.items()}
            return Chart()

    def _span(self, name: str, hours: int) -> ui.element:
        chip = ui.element("button").props("type=button").classes("jg-chip")
        chip.props["aria-pressed"] = str(hours == self._span_h).lower()
        with chip:
            text("span", name)
        return chip.on("click", self._visit.does(lambda: self._choose_span(hours)), args=[])

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        ask, name = self._visit.ask, self._name
        known = await ask(view.known, name)
        if known is not None:
            self._head.show(_Head.of(known))
            self._binding.show(known)
            self._facts.show(known)
        self._alerts.show(await ask(view.open_alerts, name))
        self._commands.show((await ask(commands, Page(_MOST_COMMANDS), name)).items)
        await self._timeline.refresh()
        self._chart.show(await ask(courses, name, utc_now(), timedelta(hours=self._span_h)))

    async def _choose_span(self, hours: int) -> None:
        self._span_h = hours
        for name, chip in self._spans.items():
            chip.props["aria-pressed"] = str(_SPANS[name] == hours).lower()
            chip.update()
        await self.refresh()

    def _show_head(self, head: _Head) -> None:
        text("h1", self._name)
        badge(head.presence)
        if head.lifecycle:
            badge(head.lifecycle)
        if head.since:
            text("span", _("since"), "jg-muted")
            when(head.since, head.zone)
        if head.reason:
            text("span", meaning(head.reason) or plain(head.reason), "jg-wrap")
        text("span", plain(head.merchant, 60), "jg-strong-text")
        ui.element("span").classes("jg-grow")
        if self._visit.actor.may_be(Role.OPERATOR):
            button(_("Order a command"), self._visit.does(self._order), "send").classes("jg-primary")
        with ui.element("a").classes("jg-button").props("download") as link:
            link.props["href"] = f"/terminals/{self._name}/diagnostics.zip"
            icon("download")
            text("span", _("Diagnostics"))

    def _order(self) -> None:
        CommandForm(self._visit, [self._name], lambda _ids: ui.notify(_("The command is ordered."), type="positive"))

    def _show_alerts(self, alerts: list[dict[str, Any]]) -> None:
        for alert in alerts:
            with ui.element("article").classes(f"jg-alert jg-alert-{alert['severity']}").props("role=status"):
                badge(alert["severity"])
                with ui.element("div").classes("jg-grow"):
                    text("div", meaning(alert["kind"]) or plain(alert["kind"]), "jg-strong-text")
                    text("div", remedy(alert["kind"]), "jg-muted")
                    if alert["detail"]:
                        text("div", plain(alert["detail"], 300), "jg-small jg-muted jg-wrap")
                when(alert["raised_at"]).classes("jg-muted")

    def _show_commands(self, latest: list[Command]) -> None:
        text("h2", _("Commands"))
        if not latest:
            text("div", _("None was ordered yet."), "jg-empty")
        for one in latest:
            with ui.element("div").classes("jg-line"):
                badge(one.state).props["data-command"] = one.id
                text("span", _(WORDS[one.type].name) if one.type in WORDS else one.type, "jg-strong-text")
                if one.state == RUNNING:
                    text("span", f"{one.progress} %")
                text("span", meaning(one.code) if one.code else "", "jg-muted jg-wrap jg-grow")
                when(one.changed_at).classes("jg-muted")

    def _show_facts(self, known: view.Known) -> None:
        text("h2", _("What it is"))
        place = regions.around(str(known.facts.get("region", "")))
        shown = {
            _("Merchant"): known.facts.get("merchant", ""),
            _("Acquirer"): known.facts.get("acquirer", ""),
            _("MID"): known.facts.get("mid", ""),
            _("TID"): known.facts.get("tid", ""),
            _("Region"): f"{known.facts.get('region', '')} {place.name if place else ''}",
            _("Software"): known.facts.get("software", ""),
            _("Hardware"): known.facts.get("hardware", ""),
            _("Key set"): known.keys_version or "",
        }
        with ui.element("dl").classes("jg-facts jg-body"):
            for name, value in [*shown.items(), *rows(known.told_object("vitals"))]:
                text("dt", name)
                text("dd", plain(value).strip() or "-")
            text("dt", _("Last seen"))
            with ui.element("dd"):
                when(known.told.get("seen_at") or "", known.zone)


@page_of("/terminals/{terminal}", title=mark("Terminal"))
async def terminal(visit: Visit) -> None:
    """One terminal."""
    name = visit.request.path_params["terminal"]
    known = await visit.ask(view.known, name)
    if known is None:
        text("h1", plain(name, 64))
        text("p", _("Nothing was ever heard of a terminal of this name."))
        return
    ui.page_title(f"{known.terminal} - JumpGuard")
    page = TerminalPage(visit, known)
    await page.refresh()
    visit.live(page.refresh)
