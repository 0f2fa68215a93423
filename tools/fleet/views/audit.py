"""The log of what was changed, as people read it: the latest first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from tools.fleet.access.tables import audit
from tools.fleet.views.found import Found, Page, found
from tools.fleet.views.json_text import read


@dataclass(frozen=True, slots=True)
class Noted:
    """Who did what to what, when and how."""

    id: int
    at: str
    by: str
    action: str
    subject: str
    detail: dict[str, Any]


def noted(
    connection: Connection,
    page: Page,
    by: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: str | None = None,
) -> Found[Noted]:
    """What was noted by, of and about these, from `since` (UTC) on; None is any."""
    query = select(audit).order_by(audit.c.id.desc())
    for column, wanted in ((audit.c.by, by), (audit.c.action, action), (audit.c.subject, subject)):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(audit.c.at >= since)
    return found(connection, query, _noted, page)


def _noted(row: Row[Any]) -> Noted:
    return Noted(**row._asdict() | {"detail": read(row.detail)})
