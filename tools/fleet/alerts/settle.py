"""Makes the alerts of some terminals say what is up there: raises, repeats, brings back and ends them.

It compares what is with what is noted, so it does not matter what was missed, heard twice or cut off before.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import BindParameter, Connection, bindparam, insert, update

from tools.fleet.alerts import hiding, queue
from tools.fleet.alerts.alert import Alert, Cause
from tools.fleet.alerts.rules import Rules
from tools.fleet.alerts.severity import severity
from tools.fleet.alerts.tables import alerts

_CHANGING = ("detail", "last_at", "times", "flaps", "newest", "quiet_since", "cleared_at", "hidden_by")


def settle(connection: Connection, rules: Rules, known: Iterable[Alert], causes: Iterable[Cause], now: str) -> None:
    """Bring the alerts `known`, of some terminals and kinds, in line with `causes`: all that is up there at `now`.

    `known` has those that are open, and those that were over after `rules.flap_ago(now)` (UTC). The caller commits.
    """
    latest = {alert.place: alert for alert in known}
    up = {cause.place: cause for cause in causes}
    new, back, changed, over = list[Cause](), list[Alert](), list[Alert](), list[Alert]()
    for place, cause in up.items():
        alert = latest.get(place)
        if alert is None or alert.why is not None:
            new.append(cause)
        elif not alert.is_open or alert.quiet_since is not None:
            back.append(_again(alert, cause))
        elif (alert.detail, alert.last_at) != (cause.detail, cause.last_at) or alert.count(cause):
            changed.append(_repeated(alert, cause))
    for place, alert in latest.items():
        if place in up or not alert.is_open:
            continue
        if _is_over(alert, rules, now):
            alert.cleared_at, alert.hidden_by = now, None
            over.append(alert)
        elif alert.quiet_since is None:
            alert.quiet_since = now
            changed.append(alert)
    _save(connection, [*back, *changed, *over])
    _raise(connection, new, now)
    queue.back_again(connection, [alert.id for alert in back], now)
    queue.over(connection, rules, over, now)


def _raise(connection: Connection, causes: Sequence[Cause], now: str) -> None:
    if not causes:
        return
    hider = hiding.hider(connection)
    rows = [
        {
            "terminal": cause.terminal,
            "kind": cause.kind,
            "severity": severity(cause.kind),
            "detail": cause.detail,
            "raised_at": cause.since,
            "last_at": cause.last_at,
            "times": max(1, len(cause.numbers)),
            "flaps": 0,
            "newest": max(cause.numbers, default=0),
            "hidden_by": hider if cause.kind in hiding.FOLLOWING else None,
        }
        for cause in causes
    ]
    numbers = connection.execute(insert(alerts).returning(alerts.c.id, sort_by_parameter_order=True), rows).scalars()
    shown = [
        (number, str(row["severity"]))
        for number, row in zip(numbers, rows, strict=True)
        if row["hidden_by"] is None
    ]  # fmt: skip
    queue.raised(connection, shown, now)


def _again(alert: Alert, cause: Cause) -> Alert:
    alert.times += 0 if alert.count(cause) else 1
    alert.flaps += 1
    alert.cleared_at = alert.quiet_since = None
    return _repeated(alert, cause)


def _repeated(alert: Alert, cause: Cause) -> Alert:
    alert.times += alert.count(cause)
    alert.newest = max(alert.newest, *cause.numbers, 0)
    alert.detail, alert.last_at = cause.detail, cause.last_at
    return alert


def _is_over(alert: Alert, rules: Rules, now: str) -> bool:
    closed = alert.why is not None
    return closed or alert.flaps == 0 or (alert.quiet_since is not None and alert.quiet_since <= rules.flap_ago(now))


def _save(connection: Connection, changed: Sequence[Alert]) -> None:
    rows = [{"of": alert.id} | {name: getattr(alert, name) for name in _CHANGING} for alert in changed]
    if rows:
        values: dict[str, BindParameter[object]] = {name: bindparam(name) for name in _CHANGING}
        connection.execute(update(alerts).where(alerts.c.id == bindparam("of")).values(values), rows)
