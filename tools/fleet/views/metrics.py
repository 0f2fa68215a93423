"""Numbers of the fleet for Prometheus, as they are in the store now. Nothing in them names a terminal."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry
from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from tools.fleet.alerts.tables import alerts
from tools.fleet.orders import OPEN
from tools.fleet.tables import commands, configurations, journals, refusals, strays, terminals

_UNKNOWN = "unknown"


def metrics(connection: Connection, now: str) -> bytes:
    """The text that Prometheus reads, at `now` (UTC)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Fleet(list(_families(connection, now))))
    return generate_latest(registry)


class _Fleet(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def _families(connection: Connection, now: str) -> Iterator[Metric]:
    yield _by(connection, "terminals_presence", "Terminals by presence.", terminals, terminals.c.presence)
    yield _by(connection, "terminals_lifecycle", "Terminals by lifecycle.", terminals, terminals.c.lifecycle)
    open_ones = alerts.c.cleared_at.is_(None) & alerts.c.hidden_by.is_(None)
    yield _by(connection, "alerts_open", "Alerts that are open, by severity.", alerts, alerts.c.severity, open_ones)
    is_open = commands.c.state == OPEN
    yield _by(connection, "commands_open", "Commands not answered yet, by type.", commands, commands.c.type, is_open)
    yield _by(
        connection,
        "configurations",
        "Desired configurations, by what the terminals made of them.",
        configurations,
        configurations.c.state,
    )
    stored = connection.execute(select(func.coalesce(func.sum(journals.c.stored_sequence), 0))).scalar_one()
    yield CounterMetricFamily("jumpguard_events_stored", "Journal entries stored, verified and in line.", int(stored))
    aside = connection.execute(select(func.count()).select_from(strays)).scalar_one()
    yield GaugeMetricFamily("jumpguard_events_set_aside", "Entries that are part of no journal's line.", aside)
    refused = connection.execute(select(func.coalesce(func.sum(refusals.c.count), 0))).scalar_one()
    yield CounterMetricFamily("jumpguard_messages_refused", "Messages that broke the contract.", int(refused))
    gap = connection.execute(select(func.min(journals.c.gap_since))).scalar()
    yield _age("oldest_gap", "Since when the oldest entry is missing that later ones came after.", gap, now)
    heard = connection.execute(select(func.max(terminals.c.seen_at))).scalar()
    yield _age("last_heard", "Since a terminal was heard; it grows while the backend hears nobody.", heard, now)


def _by(
    connection: Connection,
    name: str,
    said: str,
    table: Table,
    column: Column[str],
    which: ColumnElement[bool] | None = None,
) -> Metric:
    """How many rows of `table` there are for each value of `column`, which is one of few words."""
    family = GaugeMetricFamily(f"jumpguard_{name}", said, labels=[column.name])
    query = select(column, func.count()).select_from(table).group_by(column)
    for value, count in connection.execute(query if which is None else query.where(which)):
        family.add_metric([value or _UNKNOWN], count)
    return family


def _age(name: str, said: str, since: str | None, now: str) -> Metric:
    """Seconds from `since` to `now`; no sample without it."""
    family = GaugeMetricFamily(f"jumpguard_{name}_seconds", said, labels=[])
    if since is not None:
        family.add_metric([], max(0.0, (datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds()))
    return family
