"""What people do with alerts: take notice, give them to somebody, and close what is behind them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from tools.fleet import alarms
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.alerts import causes
from tools.fleet.alerts.alert import Alert, find
from tools.fleet.alerts.rules import Rules
from tools.fleet.alerts.settle import settle
from tools.fleet.alerts.tables import alerts
from tools.fleet.errors import MissingError, OrderError
from tools.fleet.tables import alarms as noted

LONGEST_NAME = 64


def acknowledge(connection: Connection, actor: Actor, numbers: Sequence[int], now: str) -> None:
    """`actor` has seen the alerts `numbers`, also such as are over (UTC `now`); whoever was first stays.

    Raises ForbiddenError, or MissingError for one that there is not; then none is changed.
    """
    actor.must_be(Role.OPERATOR)
    for alert in _known(connection, numbers):
        if alert.acknowledged_at is None:
            _change(connection, alert, acknowledged_at=now, acknowledged_by=actor.name)
            note(connection, actor, "alert.acknowledge", str(alert.id), terminal=alert.terminal, kind=alert.kind)


def assign(connection: Connection, actor: Actor, numbers: Sequence[int], assignee: str | None) -> None:
    """`actor` gives the alerts `numbers` to `assignee`, None to nobody.

    Raises ForbiddenError, MissingError for one that there is not, or OrderError for a name that is none; then none is
    changed.
    """
    actor.must_be(Role.OPERATOR)
    if assignee is not None and not (assignee.strip() and len(assignee) <= LONGEST_NAME and assignee.isprintable()):
        raise OrderError(f"assign: a name has 1 to {LONGEST_NAME} printable characters")
    for alert in _known(connection, numbers):
        _change(connection, alert, assignee=assignee)
        note(connection, actor, "alert.assign", str(alert.id), terminal=alert.terminal, assignee=assignee or "")


def close(connection: Connection, actor: Actor, numbers: Sequence[int], why: str, now: str) -> None:
    """`actor` closes the alarms behind the alerts `numbers`, and says `why`; the alerts are over with them (UTC `now`).

    Raises ForbiddenError, MissingError, or OrderError for one that is over or ends by itself alone, and for a
    reason that is none; then none is closed.
    """
    actor.must_be(Role.OPERATOR)
    for alert in _known(connection, numbers):
        behind = _behind(connection, alert)
        alarms.close(connection, behind, why, now)
        alert.why = why.strip()
        _change(connection, alert, why=alert.why)
        settle(connection, Rules(), [alert], [], now)
        note(connection, actor, "alert.close", str(alert.id), terminal=alert.terminal, alarms=behind, why=alert.why)


def _known(connection: Connection, numbers: Sequence[int]) -> list[Alert]:
    found = {alert.id: alert for alert in find(connection, alerts.c.id.in_(numbers))}
    for number in numbers:
        if number not in found:
            raise MissingError(f"alert {number}: there is none; see `jumpguard fleet alerts`")
    return list(found.values())


def _behind(connection: Connection, alert: Alert) -> list[int]:
    """The numbers of the alarms for which `alert` is open. Raises OrderError when a person cannot end it."""
    if not alert.is_open:
        raise OrderError(f"alert {alert.id}: over since {alert.cleared_at}")
    if not causes.is_of_alarms(alert):
        raise OrderError(
            f"alert {alert.id}: {alert.kind} is over as soon as it is not so any more; acknowledge it instead"
        )
    open_ones = (noted.c.terminal == alert.terminal) & (noted.c.kind == alert.kind) & noted.c.cleared_at.is_(None)
    return list(connection.execute(select(noted.c.id).where(open_ones)).scalars())


def _change(connection: Connection, alert: Alert, **values: str | None) -> None:
    connection.execute(update(alerts).where(alerts.c.id == alert.id).values(values))
