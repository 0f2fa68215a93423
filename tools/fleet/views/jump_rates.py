"""How often payments jump: by merchant, acquirer, region, software and time of day, per 1,000 sales."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, distinct, func, select

from tools.fleet.errors import OrderError
from tools.fleet.history.tables import facts, sales
from tools.fleet.jumps.clock import local
from tools.fleet.jumps.tables import jumps

HOUR = "hour"
# Below so many sales a rate says little: one jump more or less would change it by 5 or more.
FEW_SALES = 200
# Most rows that are told, those with the most jumps first.
MOST = 50

# A terminal's acquirer, region and software are those of now, for its jumps and for its sales alike: what they were at
# each sale is not kept. The merchant is that of the sale.
_NOW = {"acquirer": facts.c.acquirer, "region": facts.c.region, "software": facts.c.software}
BY = ("merchant", *_NOW, HOUR)


@dataclass(frozen=True, slots=True)
class Rate:
    """`value` is a MID, code, version or hour of the merchant's day; `name` the merchant's, "" with the others.

    `per_thousand` is None without sales; `few` says that they were fewer than FEW_SALES.
    """

    value: str
    name: str
    jumps: int
    sales: int
    per_thousand: float | None
    few: bool


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates by one thing. `beside` are jumps that are not counted: of no sale, unreadable, or of no known hour."""

    by: str
    rates: list[Rate]
    whole: Rate
    beside: int


def rates(connection: Connection, by: str, since: str, until: str) -> Rates:
    """The rates by one of BY, of sales and jumps from `since` to before `until` (UTC). Raises OrderError.

    Jumps are sales that jumped, however many entries say so.
    """
    if by not in BY:
        raise OrderError(f"rates: by {by!r} there are none, but by {', '.join(BY)}")
    jumped = _by_hour_of_jumps(connection, since, until) if by == HOUR else _jumped(connection, by, since, until)
    sold = _by_hour_of_sales(connection, since, until) if by == HOUR else _sold(connection, by, since, until)
    names = _names(connection, jumped) if by == "merchant" else {}
    found = [_rate(value, names.get(value, ""), jumped[value], sold[value]) for value in {*jumped, *sold}]
    order = sorted(found, key=(lambda rate: rate.value) if by == HOUR else (lambda rate: (-rate.jumps, rate.value)))
    whole = _rate("", "", jumped.total(), sold.total())
    return Rates(by, order[:MOST], whole, _all(connection, since, until) - jumped.total())


def _rate(value: str, name: str, count: int, sold: int) -> Rate:
    return Rate(value, name, count, sold, round(1000 * count / sold, 2) if sold else None, sold < FEW_SALES)


def _within(time: ColumnElement[str], since: str, until: str) -> ColumnElement[bool]:
    return (time >= since) & (time < until)


def _all(connection: Connection, since: str, until: str) -> int:
    counted = select(func.count()).where(_within(jumps.c.placed_at, since, until))
    return int(connection.execute(counted).scalar_one())


def _asked(since: str, until: str) -> ColumnElement[bool]:
    """The sales that an acquirer was asked about: no others can jump."""
    return and_(sales.c.asked_by != "", _within(sales.c.at, since, until))


def _of_sales(since: str, until: str) -> ColumnElement[bool]:
    return and_(jumps.c.sale != "", _within(jumps.c.placed_at, since, until))


def _jumped(connection: Connection, by: str, since: str, until: str) -> Counter[str]:
    value = _value(by, jumps)
    query = select(value, func.count(distinct(jumps.c.terminal + "/" + jumps.c.sale)))
    query = query.select_from(_with_facts(jumps)).where(_of_sales(since, until)).group_by(value)
    return Counter({str(key): int(count) for key, count in connection.execute(query)})


def _sold(connection: Connection, by: str, since: str, until: str) -> Counter[str]:
    value = _value(by, sales)
    query = select(value, func.count()).select_from(_with_facts(sales))
    query = query.where(_asked(since, until)).group_by(value)
    return Counter({str(key): int(count) for key, count in connection.execute(query)})


def _value(by: str, table: Table) -> ColumnElement[Any]:
    return func.coalesce(_NOW[by], "") if by in _NOW else table.c.mid


def _with_facts(table: Table) -> Any:
    return table.outerjoin(facts, facts.c.terminal == table.c.terminal)


def _by_hour_of_jumps(connection: Connection, since: str, until: str) -> Counter[str]:
    query = select(jumps.c.hour, func.count(distinct(jumps.c.terminal + "/" + jumps.c.sale)))
    query = query.where(_of_sales(since, until), jumps.c.hour.is_not(None)).group_by(jumps.c.hour)
    return Counter({f"{hour:02d}": int(count) for hour, count in connection.execute(query)})


def _by_hour_of_sales(connection: Connection, since: str, until: str) -> Counter[str]:
    """Counted by the hour in UTC, each of which is one of the merchant's day; zones are whole hours away, or nearly."""
    hour, zone = func.substr(sales.c.at, 1, 13), func.coalesce(facts.c.timezone, "")
    query = select(hour, zone, func.count()).select_from(_with_facts(sales))
    query = query.where(_asked(since, until)).group_by(hour, zone)
    counted = Counter[str]()
    for begun, name, count in connection.execute(query):
        counted[f"{local(f'{begun}:00:00.000Z', name).hour:02d}"] += int(count)
    return counted


def _names(connection: Connection, mids: Mapping[str, int]) -> dict[str, str]:
    named = select(jumps.c.mid, func.max(jumps.c.merchant)).where(jumps.c.mid.in_(list(mids)[: MOST * 10]))
    return {row[0]: row[1] for row in connection.execute(named.group_by(jumps.c.mid))}
