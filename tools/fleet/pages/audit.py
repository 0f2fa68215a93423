"""The log of what was changed, by whom: the latest first, of one person, about one thing."""

import json
from urllib.parse import urlencode

from nicegui import ui

from provisioning.texts import _, mark
from tools.fleet.access.actor import Role
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.elements import link, text, when
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.views.audit import Noted, noted
from tools.fleet.views.found import Found, Page

PATH = "/audit"
_SIZE = 50
_LONGEST = 100


class AuditPage:
    """What one administrator sees of the log; the address says of whom, about what, and which part."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        query = visit.request.query_params
        self._by, self._subject = query.get("by", "")[:_LONGEST], query.get("subject", "")[:_LONGEST]
        page = query.get("page", "")
        self._page = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
        with ui.element("div").classes("jg-head"):
            text("h1", _("Audit"))
            text("span", " ".join(filter(None, (self._by, self._subject))), "jg-muted")
            if self._by or self._subject:
                link(PATH, _("All"))
        self._list = Changing(self._show, "jg-card jg-scroll")

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        page = Page(_SIZE, (max(self._page, 1) - 1) * _SIZE)
        self._list.show(await self._visit.ask(noted, page, self._by or None, None, self._subject or None))

    def _show(self, found: Found[Noted]) -> None:
        with ui.element("table").classes("jg-list"):
            with ui.element("thead"), ui.element("tr"):
                for heading in (_("When"), _("Who"), _("What"), _("Of what"), _("How")):
                    text("th", heading).props("scope=col")
            with ui.element("tbody"):
                for one in found.items:
                    self._row(one)
        with ui.element("div").classes("jg-row jg-body-row"):
            text("span", _("{found} of {total}").format(found=len(found.items), total=found.total), "jg-muted")
            if self._page > 1:
                link(self._address(page=self._page - 1), _("Newer"))
            if self._page * _SIZE < found.total:
                link(self._address(page=self._page + 1), _("Older"))

    def _row(self, one: Noted) -> None:
        with ui.element("tr"):
            with ui.element("td"):
                when(one.at)
            with ui.element("td"):
                link(f"{PATH}?{urlencode({'by': one.by})}", plain(one.by, 60))
            text("td", plain(one.action, 60), "jg-mono")
            with ui.element("td"):
                link(f"{PATH}?{urlencode({'subject': one.subject})}", plain(one.subject, 80))
            text("td", plain(json.dumps(one.detail, ensure_ascii=False), 300), "jg-mono jg-wrap")

    def _address(self, page: int) -> str:
        wanted = {"by": self._by, "subject": self._subject, "page": page}
        return f"{PATH}?{urlencode({name: value for name, value in wanted.items() if value})}"


@page_of(PATH, title=mark("Audit"), role=Role.ADMINISTRATOR)
async def audit(visit: Visit) -> None:
    """What was changed, by whom."""
    page = AuditPage(visit)
    await page.refresh()
    visit.live(page.refresh)
