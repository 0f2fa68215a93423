"""The first page: what is wrong, where, since when, and what to do about it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from nicegui import ui

from agent.sale.kinds import JUMP_DETECTED
from provisioning.texts import _, mark
from tools.fleet.alarm_kinds import meaning, remedy
from tools.fleet.alerts.words import CRITICAL, INFO, WARNING
from tools.fleet.pages import jumps_address
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.elements import icon, link, text, when
from tools.fleet.pages.marks import badge, mark_of, word_of
from tools.fleet.pages.shell import is_page, page_of
from tools.fleet.pages.shown import MERCHANTS_ZONE
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.times import moved, utc_now
from tools.fleet.views import alerts, jumps
from tools.fleet.views import overview as view


class OverviewPage:
    """What one visitor sees of the fleet as a whole."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        text("h1", _("Overview"))
        self._tiles = Changing(_tiles, "jg-tiles")
        with ui.element("div").classes("jg-overview"):
            self._troubles = Changing(_troubles, "jg-card")
            with ui.element("div").classes("jg-stack"):
                self._health = Changing(_health, "jg-card")
                self._jumps = Changing(_jumps, "jg-card")

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        now = utc_now()
        found = await self._visit.ask(view.overview, _day_began(now), moved(now, -timedelta(hours=1)))
        self._tiles.show(_figures(found))
        self._troubles.show(found.worst)
        # To ten seconds: else it would be built anew with every message.
        self._health.show(
            (found.is_broker_down, found.heard_at[:18], found.commands_open, found.refused_topics, found.alerts.hidden)
        )
        self._jumps.show(found.latest_jumps)


def _day_began(now: str) -> str:
    """When the merchants' day began, UTC."""
    here = datetime.fromisoformat(now).astimezone(ZoneInfo(MERCHANTS_ZONE))
    began = here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    return began.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_Figure = tuple[str, str, int, str, bool]


def _figures(found: view.Overview) -> list[_Figure]:
    """State, name, figure, address, and whether it is bad when there are any."""
    presence = found.terminals.presence
    return [
        *(
            (one, word_of(one), found.alerts.severity.get(one, 0), f"/alerts?severity={one}", one != INFO)
            for one in (CRITICAL, WARNING, INFO)
        ),
        ("jump", _("jumps today"), found.jumps_today, "/jumps", True),
        ("online", word_of("online"), presence.get("online", 0), "/terminals?presence=online", False),
        ("offline", word_of("offline"), presence.get("offline", 0), "/terminals?presence=offline", False),
        ("lost", word_of("lost"), presence.get("lost", 0), "/terminals?presence=lost", True),
        ("trial", _("configuration not taken"), found.terminals.behind, "/terminals?binding=behind", False),
    ]


def _tiles(figures: list[_Figure]) -> None:
    for state, name, figure, address, is_bad in figures:
        look = mark_of(state)
        tile = ui.element("a" if is_page(address.partition("?")[0]) else "div").classes("jg-tile")
        if is_bad and figure:
            tile.classes(f"jg-{look.tone}")
        if is_page(address.partition("?")[0]):
            tile.props["href"] = address
        with tile:
            text("span", f"{figure:,}", "jg-tile-figure")
            with ui.element("span").classes("jg-tile-name"):
                icon(look.icon)
                text("span", name)


def _troubles(worst: list[alerts.Line]) -> None:
    text("h2", _("What is wrong"))
    if not worst:
        with ui.element("div").classes("jg-empty"):
            text("span", _("No alert is open."))
        return
    for one in worst:
        with ui.element("article").classes("jg-trouble-row"):
            badge(one.severity)
            with ui.element("div").classes("jg-trouble-what"):
                text("div", meaning(one.kind) or plain(one.kind), "jg-strong-text")
                text("div", remedy(one.kind), "jg-muted")
                if one.detail:
                    text("div", plain(one.detail, 200), "jg-small jg-muted jg-wrap")
            with ui.element("div").classes("jg-trouble-where"):
                if one.terminal:
                    link(f"/terminals/{one.terminal}", one.terminal, "jg-strong")
                    text("div", plain(one.merchant, 40), "jg-small")
                    if one.kind == JUMP_DETECTED:
                        link(jumps_address.Shown().meaning(text=one.terminal).address(), _("Its jumps"), "jg-small")
                else:
                    text("div", _("Backend"))
                with ui.element("div").classes("jg-small jg-muted"):
                    when(one.raised_at, one.timezone)
                    if one.times > 1:
                        text("span", f" × {one.times}")
                if one.assignee or one.acknowledged_by:
                    text("div", plain(one.assignee or one.acknowledged_by, 30), "jg-small jg-muted")


def _health(health: tuple[bool, str, int, int, int]) -> None:
    is_broker_down, heard_at, commands_open, refused_topics, hidden = health
    text("h2", _("Health"))
    with ui.element("dl").classes("jg-facts jg-body"):
        _fact(_("Broker"), lambda: badge("down" if is_broker_down else "up"))
        _fact(_("Heard last"), lambda: when(heard_at and f"{heard_at}0Z"))
        _fact(_("Commands under way"), lambda: text("span", f"{commands_open:,}"))
        _fact(_("Topics with refused messages this hour"), lambda: text("span", f"{refused_topics:,}"))
        if hidden:
            _fact(_("Alerts that follow from another"), lambda: text("span", f"{hidden:,}"))


def _fact(name: str, show: Callable[[], object]) -> None:
    text("dt", name)
    with ui.element("dd"):
        show()


def _jumps(latest: list[jumps.Line]) -> None:
    text("h2", _("Latest jumps"))
    if not latest:
        text("div", _("None yet."), "jg-empty")
    for one in latest:
        with ui.element("div").classes("jg-line"):
            address = f"/jumps/{one.id}" if is_page("/jumps/{jump}") else f"/terminals/{one.terminal}"
            link(address, one.terminal, "jg-strong")
            text("span", plain(one.merchant, 30), "jg-grow jg-cut")
            text("span", plain(", ".join(one.fields), 60), "jg-muted")
            when(one.received_at if one.doubtful else one.at, one.timezone)


@page_of("/", title=mark("Overview"))
async def overview(visit: Visit) -> None:
    """Alerts, counts, health and jumps."""
    page = OverviewPage(visit)
    await page.refresh()
    visit.live(page.refresh)
