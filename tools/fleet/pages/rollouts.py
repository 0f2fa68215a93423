"""The page of all roll-outs."""

from nicegui import ui

from provisioning.texts import _, mark
from tools.fleet.access.actor import Role
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.elements import icon, link, text, when
from tools.fleet.pages.marks import badge
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.rollouts.codes import counted, gives, meaning
from tools.fleet.views import rollouts as view
from tools.fleet.views.found import Page

PATH = "/rollouts"
# With no terminals yet, and with those that the address's filters find.
NEW = "/rollouts/new/plan"
FOUND = "/rollouts/new/found"


@page_of(PATH, title=mark("Roll-outs"))
async def rollouts(visit: Visit) -> None:
    """The latest roll-outs, and the way to a new one."""
    with ui.element("div").classes("jg-head"):
        text("h1", _("Roll-outs"))
        ui.element("span").classes("jg-grow")
        if visit.actor.may_be(Role.OPERATOR):
            with link(NEW, "", "jg-button jg-primary"):
                icon("add")
                text("span", _("New roll-out"))
    listed = Changing(_list, "jg-card")

    async def refresh() -> None:
        listed.show((await visit.ask(view.listed, Page())).items)

    await refresh()
    visit.live(refresh)


def _list(found: list[view.Rollout]) -> None:
    if not found:
        text("div", _("None was begun yet."), "jg-empty")
    for one in found:
        with ui.element("div").classes("jg-line").props(f"data-rollout={one.id}"):
            badge(one.state)
            link(f"{PATH}/{one.id}", plain(one.name), "jg-strong")
            text("span", gives(one.kind), "jg-muted")
            text("span", _("wave {wave} of {waves}").format(wave=one.wave, waves=len(one.waves)), "jg-wide")
            text("span", counted(one.counts), "jg-grow jg-wrap")
            text("span", plain(meaning(one.why)), "jg-muted jg-cut")
            text("span", plain(one.by, 30), "jg-muted jg-wide")
            when(one.created_at)
