"""What the jumps page shows, as its address says it: an address that is sent to a colleague shows the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tools.fleet.jumps.steps import WORKFLOW
from tools.fleet.pages.shown import MERCHANTS_ZONE
from tools.fleet.times import said
from tools.fleet.views.jump_rates import BY
from tools.fleet.views.jumps import LONGEST_SEARCH, NO, SORTS, YES, Filters

PATH = "/jumps"
SORT = "at"
SIZE = 25
_LAST_PAGE = 10_000
_DAYS = ("since", "until")
# What the answers of these may be; others are any text.
_ALLOWED = {"workflow": WORKFLOW, "reverses": (YES, NO)}


@dataclass(frozen=True, slots=True)
class Shown:
    """Which jumps, in which order, which page of them, counted from 1, and by what the rates are.

    `since` and `until` of `asked` are days of MERCHANTS_ZONE, both of them meant.
    """

    asked: Filters = field(default_factory=Filters)
    sort: str = SORT
    rising: bool = False
    page: int = 1
    by: str = BY[0]

    @property
    def filters(self) -> Filters:
        """The same for the store, which knows times and not days."""
        asked = self.asked
        return replace(asked, since=_midnight(asked.since), until=_midnight(asked.until, timedelta(days=1)))

    def address(self) -> str:
        """The page's address: only what is not as usual."""
        told = {each.name: getattr(self.asked, each.name) for each in fields(Filters)}
        told |= {"sort": "" if self.sort == SORT else self.sort, "order": "rising" if self.rising else ""}
        told |= {"page": str(self.page) if self.page > 1 else "", "by": "" if self.by == BY[0] else self.by}
        query = urlencode({name: value for name, value in told.items() if value})
        return f"{PATH}?{query}" if query else PATH

    def meaning(self, **filters: str) -> "Shown":
        """The same with other filters, from the first page on."""
        return replace(self, asked=replace(self.asked, **filters), page=1)


def read(query: Mapping[str, str]) -> Shown:
    """What an address asks for; what it says wrongly is as usual."""
    known = {each.name: query.get(each.name, "")[:LONGEST_SEARCH] for each in fields(Filters)}
    known |= {name: known[name] if known[name] in words else "" for name, words in _ALLOWED.items()}
    known |= {name: known[name] if _midnight(known[name]) else "" for name in _DAYS}
    sort, page, by = query.get("sort", ""), query.get("page", ""), query.get("by", "")
    return Shown(
        Filters(**known),
        sort if sort in SORTS else SORT,
        query.get("order") == "rising",
        int(page) if page.isascii() and page.isdigit() and 0 < int(page[:6]) <= _LAST_PAGE else 1,
        by if by in BY else BY[0],
    )


def _midnight(day: str, later: timedelta = timedelta()) -> str:
    """When `day` begins in MERCHANTS_ZONE, in UTC, and so much `later`; "" where it is no day."""
    try:
        begun = datetime.combine(date.fromisoformat(day), time(), ZoneInfo(MERCHANTS_ZONE))
        return said((begun + later).astimezone(UTC))
    except (ValueError, OverflowError):
        return ""
