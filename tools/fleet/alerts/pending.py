"""What a channel is to be sent now, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from tools.fleet.alerts.channels import Channel
from tools.fleet.alerts.letters import Told
from tools.fleet.alerts.queue import DROPPED, FAILED, SENT, WAITING
from tools.fleet.alerts.tables import alerts, channels, notifications
from tools.fleet.times import moved

# Why something was dropped that a later message sums up.
RATE = "rate"
# What comes so soon after a message is gathered for the next one.
GATHER = timedelta(seconds=20)
_HOUR = timedelta(hours=1)
# A message is tried again after 10 s, 20 s, 40 s, ..., and for a day.
_FIRST = timedelta(seconds=10)
_LAST = timedelta(minutes=10)
_GIVES_UP = timedelta(days=1)
_MOST = 500


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for a channel: the notifications in it, and those that were dropped, which it sums up."""

    channel: Channel
    numbers: Sequence[int]
    told: Sequence[Told]
    dropped: Sequence[int]


def channels_with_work(connection: Connection, now: str) -> list[Channel]:
    """The channels for which something is due at `now` (UTC)."""
    due = or_(
        and_(notifications.c.state == WAITING, notifications.c.due_at <= now),
        and_(notifications.c.state == DROPPED, notifications.c.detail == RATE),
    )
    work = select(notifications.c.id).where(
        (notifications.c.channel == channels.c.id) & notifications.c.done_at.is_(None) & due
    )
    query = select(channels).where(channels.c.enabled & work.exists()).order_by(channels.c.id)
    return [Channel(**row._mapping) for row in connection.execute(query)]


def next_parcel(connection: Connection, channel: Channel, now: str) -> Parcel | None:
    """What to send to `channel` at `now` (UTC); None when nothing is, or may be. The caller commits.

    What is due above the channel's rate is dropped, and summed up in the first message that may be sent again.
    """
    mine = (notifications.c.channel == channel.id) & notifications.c.done_at.is_(None)
    waiting = mine & (notifications.c.state == WAITING)
    held = mine & (notifications.c.tries > 0) & (notifications.c.due_at > now)
    if connection.execute(select(notifications.c.id).where(held).limit(1)).first() is not None:
        return None
    rows = connection.execute(_due(waiting & (notifications.c.due_at <= now))).all()
    sent, latest = _messages(connection, channel, now)
    if sent >= channel.per_hour:
        _set(connection, [row.id for row in rows], state=DROPPED, detail=RATE)
        return None
    if latest is not None and latest > moved(now, -GATHER):
        return None
    left_out = mine & (notifications.c.state == DROPPED) & (notifications.c.detail == RATE)
    dropped = connection.execute(select(notifications.c.id).where(left_out)).scalars().all()
    if not rows and not dropped:
        return None
    return Parcel(channel, [row.id for row in rows], [_told(row) for row in rows], dropped)


def sent(connection: Connection, parcel: Parcel, now: str) -> None:
    """The other side took `parcel` at `now` (UTC); the caller commits."""
    _set(connection, parcel.numbers, state=SENT, detail="", done_at=now)
    _set(connection, parcel.dropped, done_at=now)


def not_sent(connection: Connection, parcel: Parcel, why: str, now: str) -> None:
    """It did not, at `now` (UTC), because of `why`: it is tried again, and given up after a day. The caller commits."""
    which = notifications.c.id.in_([*parcel.numbers, *parcel.dropped])
    tries = connection.execute(select(func.max(notifications.c.tries)).where(which)).scalar() or 0
    wait = min(_FIRST * 2 ** min(tries, 10), _LAST)
    connection.execute(update(notifications).where(which).values(tries=tries + 1, due_at=moved(now, wait)))
    _set(connection, parcel.numbers, detail=why)
    old = which & (notifications.c.at <= moved(now, -_GIVES_UP))
    connection.execute(update(notifications).where(old).values(state=FAILED, done_at=now))


def _due(which: Any) -> Any:
    return (
        select(notifications.c.id, notifications.c.what, notifications.c.at, alerts)
        .join(alerts, alerts.c.id == notifications.c.alert)
        .where(which)
        .order_by(notifications.c.id)
        .limit(_MOST)
    )


def _messages(connection: Connection, channel: Channel, now: str) -> tuple[int, str | None]:
    """How many messages were sent within the last hour, and when the latest was."""
    mine = (notifications.c.channel == channel.id) & (notifications.c.done_at > moved(now, -_HOUR))
    told = or_(notifications.c.state == SENT, notifications.c.detail == RATE)
    query = select(func.count(notifications.c.done_at.distinct()), func.max(notifications.c.done_at))
    count, latest = connection.execute(query.where(mine & told)).one()
    return count, latest


def _set(connection: Connection, numbers: Sequence[int], **values: str) -> None:
    if numbers:
        connection.execute(update(notifications).where(notifications.c.id.in_(numbers)).values(values))


def _told(row: Row[Any]) -> Told:
    return Told(row.what, row.at, row.terminal, row.kind, row.severity, row.detail)
