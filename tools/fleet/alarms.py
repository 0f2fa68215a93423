"""Raising alarms: what a person must look at is noted once, however often it is seen."""

from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from tools.fleet.rows import Alarm
from tools.fleet.tables import alarms


def raise_alarm(connection: Connection, alarm: Alarm) -> None:
    """Note `alarm`, unless the same kind at the same place is noted already; the caller commits."""
    same = (
        (alarms.c.terminal == alarm.terminal)
        & (alarms.c.journal_id == alarm.journal_id)
        & (alarms.c.kind == alarm.kind)
        & (alarms.c.sequence == alarm.sequence)
    )
    if connection.execute(select(alarms.c.id).where(same)).first() is None:
        connection.execute(insert(alarms).values(asdict(alarm)))
