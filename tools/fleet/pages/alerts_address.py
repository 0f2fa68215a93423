"""What the alerts page shows, as its address says it: an address that is sent to a colleague shows the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from urllib.parse import urlencode

from tools.fleet.alerts.words import SEVERITIES
from tools.fleet.views.alerts import LONGEST_SEARCH, OPEN, SORTS, STATES, Filters
from tools.fleet.views.found import Page

PATH = "/alerts"
SORT = "severity"
SIZES = (25, 50, 100)
_USUAL_SIZE = 50
_SHORT = {"text": "q"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Which alerts, in which order, and which page of them, counted from 1."""

    filters: Filters = field(default_factory=Filters)
    sort: str = SORT
    falling: bool = True
    page: int = 1
    size: int = _USUAL_SIZE

    def address(self) -> str:
        """The page's address: only what is not as usual stands in it."""
        told = {_SHORT.get(each.name, each.name): getattr(self.filters, each.name) for each in fields(Filters)}
        told["state"] = "" if self.filters.state == OPEN else self.filters.state
        told["sort"] = "" if self.sort == SORT else self.sort
        told["order"] = "" if self.falling else "rising"
        told["page"] = str(self.page) if self.page > 1 else ""
        told["size"] = str(self.size) if self.size != _USUAL_SIZE else ""
        query = urlencode({name: value for name, value in told.items() if value})
        return f"{PATH}?{query}" if query else PATH

    def part(self) -> Page:
        """The part of all that are found."""
        return Page(self.size, (self.page - 1) * self.size)

    def meaning(self, **filters: str) -> "Shown":
        """The same with other filters, from the first page on."""
        return replace(self, filters=replace(self.filters, **filters), page=1)


def read(query: Mapping[str, str]) -> Shown:
    """What an address asks for; what it says wrongly is as usual."""
    known = {each.name: query.get(_SHORT.get(each.name, each.name), "")[:LONGEST_SEARCH] for each in fields(Filters)}
    known["state"] = known["state"] if known["state"] in STATES else OPEN
    known["severity"] = known["severity"] if known["severity"] in SEVERITIES else ""
    page, size, sort = query.get("page", ""), query.get("size", ""), query.get("sort", "")
    return Shown(
        Filters(**known),
        sort if sort in SORTS else SORT,
        query.get("order") != "rising",
        max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        int(size) if size in map(str, SIZES) else _USUAL_SIZE,
    )
