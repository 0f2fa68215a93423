"""What the terminals page shows, as its address says it: an address that is sent to a colleague shows the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from urllib.parse import urlencode

from tools.fleet.views.terminals import BEHIND, LONGEST_SEARCH, SORTS, YES, Filters

PATH = "/terminals"
CSV_PATH = "/terminals.csv"
SORT = "terminal"
SIZE = 50
SIZES = (25, 50, 100)
_LAST_PAGE = 10_000
_SHORT = {"search": "q"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Which terminals, in which order, and which page of them, counted from 1."""

    filters: Filters = field(default_factory=Filters)
    sort: str = SORT
    falling: bool = False
    page: int = 1
    size: int = SIZE

    def query(self) -> str:
        """What stands behind `?`: only what is not as usual."""
        told = {_SHORT.get(each.name, each.name): getattr(self.filters, each.name) for each in fields(Filters)}
        told["sort"] = "" if self.sort == SORT else self.sort
        told["order"] = "falling" if self.falling else ""
        told["page"] = str(self.page) if self.page > 1 else ""
        told["size"] = str(self.size) if self.size != SIZE else ""
        return urlencode({name: value for name, value in told.items() if value})

    def address(self) -> str:
        """The page's address."""
        query = self.query()
        return f"{PATH}?{query}" if query else PATH

    def meaning(self, **filters: str) -> "Shown":
        """The same with other filters, from the first page on."""
        return replace(self, filters=replace(self.filters, **filters), page=1)


def read(query: Mapping[str, str]) -> Shown:
    """What an address asks for; what it says wrongly is as usual."""
    known = {each.name: query.get(_SHORT.get(each.name, each.name), "")[:LONGEST_SEARCH] for each in fields(Filters)}
    known["alerting"] = YES if known["alerting"] else ""
    known["binding"] = BEHIND if known["binding"] else ""
    sort, size = query.get("sort", ""), _number(query.get("size", ""), SIZE)
    return Shown(
        Filters(**known),
        sort if sort in SORTS else SORT,
        query.get("order") == "falling",
        min(max(_number(query.get("page", ""), 1), 1), _LAST_PAGE),
        size if size in SIZES else SIZE,
    )


def _number(text: str, usual: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else usual
