"""One page of what a query finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select, func, select

Item = TypeVar("Item")

MOST = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of what is found: `limit` of them, after the first `offset`."""

    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Found(Generic[Item]):
    """One page; `total` is how many were found in all."""

    items: list[Item]
    total: int


def found(connection: Connection, query: Select[Any], make: Callable[[Row[Any]], Item], page: Page) -> Found[Item]:
    """The `page` of what `query`, which is sorted, finds; each row made into an item."""
    total = connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    rows = connection.execute(query.limit(page.limit).offset(page.offset))
    return Found([make(row) for row in rows], total)
