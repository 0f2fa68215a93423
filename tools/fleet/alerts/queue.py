"""What is to be told of alerts, channel by channel: written with the alert itself, so that no kill comes between."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from tools.fleet.alerts.alert import Alert
from tools.fleet.alerts.rules import Rules
from tools.fleet.alerts.tables import channels, notifications
from tools.fleet.alerts.words import at_least
from tools.fleet.times import moved

RAISED = "raised"
OVER = "over"

WAITING = "waiting"
SENT = "sent"
FAILED = "failed"
DROPPED = "dropped"


def raised(connection: Connection, shown: Sequence[tuple[int, str]], now: str) -> None:
    """Have the channels told of the alerts `shown`, each with its severity, that were raised; the caller commits."""
    told = select(channels.c.id, channels.c.severity).where(channels.c.enabled)
    for channel in connection.execute(told).all() if shown else []:
        wanted = at_least(channel.severity)
        _add(connection, [(channel.id, number) for number, severity in shown if severity in wanted], RAISED, now, now)


def over(connection: Connection, rules: Rules, ended: Sequence[Alert], now: str) -> None:
    """Have those told that the alerts `ended` are over who were told of them; the caller commits.

    What may come back soon is said to be over only when it did not.
    """
    ends = {alert.id: alert for alert in ended}
    told = (notifications.c.what == RAISED) & notifications.c.state.in_((WAITING, SENT))
    who = (
        select(notifications.c.channel, notifications.c.alert).distinct().order_by(*notifications.c["alert", "channel"])
    )
    later = moved(now, timedelta(seconds=rules.flap_s))
    at_once, after = list[tuple[int, int]](), list[tuple[int, int]]()
    for channel, number in connection.execute(who.where(notifications.c.alert.in_(ends) & told)) if ends else []:
        alert = ends[number]
        (at_once if alert.flaps or alert.why is not None else after).append((channel, number))
    _add(connection, at_once, OVER, now, now)
    _add(connection, after, OVER, now, later)


def back_again(connection: Connection, numbers: Sequence[int], now: str) -> None:
    """The alerts `numbers` are back before anybody was told that they were over; the caller commits."""
    _drop(connection, numbers, OVER, "back again", now)


def forget(connection: Connection, numbers: Sequence[int], why: str, now: str) -> None:
    """Tell nobody of the alerts `numbers` who was not told yet; the caller commits."""
    _drop(connection, numbers, RAISED, why, now)


def _add(connection: Connection, to: Sequence[tuple[int, int]], what: str, now: str, due_at: str) -> None:
    rows = [
        {
            "channel": channel,
            "alert": number,
            "what": what,
            "at": now,
            "due_at": due_at,
            "state": WAITING,
            "tries": 0,
            "detail": "",
        }
        for channel, number in to
    ]
    if rows:
        connection.execute(insert(notifications), rows)


def _drop(connection: Connection, numbers: Sequence[int], what: str, why: str, now: str) -> None:
    waiting = (notifications.c.state == WAITING) & (notifications.c.what == what)
    if numbers:
        which = notifications.c.alert.in_(numbers) & waiting
        connection.execute(update(notifications).where(which).values(state=DROPPED, detail=why, done_at=now))
