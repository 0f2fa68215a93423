"""The page of one roll-out: its waves, each terminal with its state and the reason, and what can be done about it."""

import json
from collections.abc import Callable
from typing import Any

from nicegui import ui

from provisioning.texts import _, mark
from tools.fleet.access.actor import Role
from tools.fleet.errors import MissingError
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.elements import button, link, text, when
from tools.fleet.pages.marks import badge, word_of
from tools.fleet.pages.rollout_words import COMES_BACK
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.rollouts import changes
from tools.fleet.rollouts.codes import counted, gives, meaning
from tools.fleet.rollouts.states import DONE, FAILED, HEALTHY, PAUSED, RUNNING, STOPPED, TOLD
from tools.fleet.views import rollouts as view
from tools.fleet.views.found import Found, Page

_MOST_SHOWN = 200
_LONGEST_CONTENT = 2_000


class RolloutPage:
    """What one visitor sees of the roll-out `number`."""

    def __init__(self, visit: Visit, number: int) -> None:
        self._visit = visit
        self._number = number
        self._head = Changing(self._show_head, "jg-head")
        with ui.element("div").classes("jg-split"):
            with ui.element("div").classes("jg-stack"):
                self._waves = Changing(_waves, "jg-card")
                self._targets = Changing(_targets, "jg-card")
            self._facts = Changing(_facts, "jg-card")

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        rollout = await self._visit.ask(view.one, self._number)
        self._head.show((rollout.name, rollout.state, rollout.why, rollout.kind))
        self._waves.show((rollout.wave, rollout.waves))
        self._facts.show((rollout.kind, json.dumps(rollout.content, ensure_ascii=False), rollout.plan, rollout.by,
                          rollout.created_at))  # fmt: skip
        self._targets.show(await self._visit.ask(view.its_targets, self._number, Page(_MOST_SHOWN), TOLD))

    def _show_head(self, shown: tuple[str, str, str, str]) -> None:
        name, state, why, kind = shown
        text("h1", plain(name))
        badge(state).props("role=status")
        text("span", plain(meaning(why)), "jg-wrap jg-grow")
        if not self._visit.actor.may_be(Role.OPERATOR):
            return
        if state == RUNNING:
            self._offer(_("Pause"), "pause", changes.pause, _("Nothing more is ordered until it is resumed."))
        if state == PAUSED:
            self._offer(_("Resume"), "play_arrow", changes.resume, _("It goes on where it was."))
        if state in (RUNNING, PAUSED):
            self._offer(
                _("Stop"), "stop", changes.stop, _("Nothing more is ordered, for good; what was ordered stays.")
            )
        if state in (RUNNING, PAUSED, STOPPED, DONE):
            self._offer(_("Return"), "undo", changes.return_, _(COMES_BACK[kind]))

    def _offer(self, name: str, picture: str, change: Callable[..., None], what: str) -> None:
        button(name, self._visit.does(lambda: self._ask(name, change, what)), picture)

    def _ask(self, name: str, change: Callable[..., None], what: str) -> None:
        with ui.dialog() as dialog, ui.element("div").classes("jg-dialog jg-form"):
            text("h2", name)
            text("p", what, "jg-wrap")
            why = ui.input(_("Why")).props(f"maxlength={changes.LONGEST_WHY}")

            async def do() -> None:
                await self._visit.order(change, self._number, str(why.value or ""))
                dialog.close()
                await self.refresh()

            with ui.element("div").classes("jg-row"):
                ui.element("span").classes("jg-grow")
                button(_("Cancel"), dialog.close)
                button(name, self._visit.does(do)).classes("jg-primary")
        dialog.open()


def _waves(shown: tuple[int, list[view.Wave]]) -> None:
    under_way, waves = shown
    text("h2", _("Waves"))
    for wave in waves:
        with ui.element("div").classes("jg-wave").props(f"data-wave={wave.number}"):
            title = _("Canary") if wave.number == 1 else _("Wave {number}").format(number=wave.number)
            text("span", title, "jg-strong" if wave.number == under_way else "")
            with ui.element("div").classes("jg-progress").props("aria-hidden=true"):
                for state, tone in ((HEALTHY, "good"), (FAILED, "bad")):
                    part = 100 * wave.counts.get(state, 0) / wave.size
                    ui.element("span").classes(f"jg-part-{tone}").style(f"width: {part:.2f}%")
            text("span", counted(wave.counts), "jg-wrap")
            text("span", _("{count} may fail").format(count=f"{wave.limit:,}"), "jg-muted")


def _facts(shown: tuple[Any, ...]) -> None:
    kind, content, plan, by, created_at = shown
    text("h2", _("What is ordered"))
    canary = plan.canary if isinstance(plan.canary, int) else ", ".join(plan.canary)
    percent = "" if plan.most_percent is None else f", {plan.most_percent} %"
    facts = {
        _("It gives"): gives(kind),
        _("Content"): plain(content, _LONGEST_CONTENT) if content != "{}" else _("each terminal's own"),
        _("Canary"): plain(canary),
        _("Waves"): ", ".join(f"{each} %" for each in plan.percents),
        _("Watched for"): f"{plan.soak_s:,} s",
        _("Time to take it"): f"{plan.timeout_s:,} s",
        _("Failures allowed"): f"{plan.most_failures}{percent}",
        _("Alerts that count"): _("{severity} or worse").format(severity=word_of(plan.severity)),
        _("Who is away"): _("skipped") if plan.away == "skip" else _("waited for"),
        _("By"): plain(by),
    }
    with ui.element("dl").classes("jg-facts jg-body"):
        for name, value in facts.items():
            text("dt", name)
            text("dd", value, "jg-wrap")
        text("dt", _("Begun"))
        with ui.element("dd"):
            when(created_at)


def _targets(found: Found[view.Target]) -> None:
    text("h2", _("Terminals that were ordered or left out"))
    if not found.items:
        text("div", _("None that is not healthy or waiting."), "jg-empty")
        return
    with ui.element("table").classes("jg-list"):
        with ui.element("tr"):
            for name in (_("Terminal"), _("Wave"), _("State"), _("Why"), _("Since")):
                text("th", name)
        for target in found.items:
            with ui.element("tr").props(f"data-terminal={target.terminal}"):
                with ui.element("td"):
                    link(f"/terminals/{target.terminal}", target.terminal, "jg-strong")
                text("td", str(target.wave))
                with ui.element("td"):
                    badge(target.state)
                with ui.element("td").classes("jg-wrap"):
                    text("div", plain(meaning(target.code)))
                    text("div", plain(target.detail), "jg-small jg-muted")
                with ui.element("td"):
                    when(target.ended_at or target.taken_at or target.ordered_at)
    if found.total > len(found.items):
        text("div", _("{count} more").format(count=f"{found.total - len(found.items):,}"), "jg-empty")


@page_of("/rollouts/{number}", title=mark("Roll-out"))
async def rollout(visit: Visit) -> None:
    """One roll-out."""
    number = str(visit.request.path_params["number"])
    page = RolloutPage(visit, int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0)
    try:
        await page.refresh()
    except MissingError as error:
        text("p", str(error))
        return
    visit.live(page.refresh)
