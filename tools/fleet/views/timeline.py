"""What happened at one terminal, newest first: connections, sales, jumps, commands, configuration and alerts in one."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, or_, select

from tools.decode.codes import money
from tools.fleet.alerts.tables import alerts
from tools.fleet.history.tables import connections, sales
from tools.fleet.jumps.tables import jumps
from tools.fleet.tables import commands, configurations

MOST = 50


@dataclass(frozen=True, slots=True)
class Moment:
    """Something of `kind`, one of KINDS, that happened `at` (UTC), and how it stands; `subject` is what it is about."""

    at: str
    kind: str
    id: str | int
    state: str
    subject: str
    detail: str


class _Source(NamedTuple):
    """Where moments of a kind come from: its table, time and id there, and what is said of a row."""

    table: Table
    at: str
    id: str
    said: Callable[[Row[Any]], tuple[str, str, str]]


def _connection(row: Row[Any]) -> tuple[str, str, str]:
    return row.presence, row.lifecycle, f"session {row.session}"


def _sale(row: Row[Any]) -> tuple[str, str, str]:
    reversal = f", reversal {row.reversal}" if row.reversal else ""
    return row.result, money(str(row.amount), row.currency), f"{row.sale} {row.code}{reversal}"


def _jump(row: Row[Any]) -> tuple[str, str, str]:
    return row.workflow, ", ".join(map(str, json.loads(row.fields))), row.stage


# In the order in which those of the same moment come. Of a configuration there is the latest alone.
_SOURCES = {
    "alert": _Source(alerts, "raised_at", "id", lambda row: (row.severity, row.kind, row.detail)),
    "command": _Source(commands, "issued", "id", lambda row: (row.state, row.type, row.code)),
    "configuration": _Source(
        configurations, "issued", "version", lambda row: (row.state, str(row.version), f"{row.reason} {row.detail}")
    ),
    "connection": _Source(connections, "at", "id", _connection),
    "jump": _Source(jumps, "at", "id", _jump),
    "sale": _Source(sales, "at", "sale", _sale),
}
KINDS = tuple(_SOURCES)


def timeline(
    connection: Connection,
    terminal: str,
    kinds: Collection[str] = KINDS,
    before: Moment | None = None,
    most: int = MOST,
) -> list[Moment]:
    """The latest `most` moments of `terminal` of these `kinds`; those behind `before` where that is given."""
    found: list[Moment] = []
    for kind, source in _SOURCES.items():
        if kind not in kinds:
            continue
        at, identity = source.table.c[source.at], source.table.c[source.id]
        which = (source.table.c.terminal == terminal) & _behind(kind, at, identity, before)
        query = select(source.table).where(which).order_by(at.desc(), identity.desc()).limit(most)
        found += [_moment(kind, source, row) for row in connection.execute(query).all()]
    # Sorting keeps the order of equals: those of one kind came newest first already.
    found.sort(key=lambda moment: moment.kind)
    found.sort(key=lambda moment: moment.at, reverse=True)
    return found[:most]


def _behind(
    kind: str, at: ColumnElement[Any], identity: ColumnElement[Any], before: Moment | None
) -> ColumnElement[bool]:
    if before is None:
        return and_(True)
    if kind < before.kind:
        return at < before.at
    if kind > before.kind:
        return at <= before.at
    return or_(at < before.at, and_(at == before.at, identity < before.id))


def _moment(kind: str, source: _Source, row: Row[Any]) -> Moment:
    state, subject, detail = source.said(row)
    return Moment(getattr(row, source.at), kind, getattr(row, source.id), state, subject, detail.strip())
