"""Raising and closing alarms: what a person must look at is noted once, however often it is seen."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, select, update

from tools.fleet.errors import OrderError
from tools.fleet.rows import Alarm
from tools.fleet.tables import alarms

LONGEST_WHY = 200

# Made once: to make a statement takes longer than to carry it out.
_NOTED = select(alarms.c.id).where(
    *(alarms.c[name] == bindparam(f"of_{name}") for name in ("terminal", "journal_id", "kind", "sequence"))
)


def raise_alarm(connection: Connection, alarm: Alarm) -> None:
    """Note `alarm`, unless the same kind at the same place is noted already; the caller commits."""
    values = asdict(alarm)
    del values["id"]
    if connection.execute(_NOTED, {f"of_{name}": value for name, value in values.items()}).first() is None:
        connection.execute(insert(alarms), values)


def open_alarms(connection: Connection, kinds: Sequence[str], terminal: str | None = None) -> Sequence[Row[Any]]:
    """The alarms of `kinds` that are open, of one terminal or of all, oldest first."""
    wanted = alarms.c.kind.in_(kinds) & alarms.c.cleared_at.is_(None)
    if terminal is not None:
        wanted &= alarms.c.terminal == terminal
    return connection.execute(select(alarms).where(wanted).order_by(alarms.c.id)).all()


def clear(connection: Connection, which: ColumnElement[bool], now: str) -> None:
    """What the open alarms `which` are about is over (UTC `now`); the caller commits."""
    connection.execute(update(alarms).where(which & alarms.c.cleared_at.is_(None)).values(cleared_at=now))


def close(connection: Connection, numbers: Sequence[int], why: str, now: str) -> None:
    """A person closes the alarms `numbers`, and says `why`; the caller commits.

    Raises OrderError for one that there is not or that is over, and for a reason that is none; then none is closed.
    """
    if not why.strip() or len(why) > LONGEST_WHY or not why.isprintable():
        raise OrderError(f"close: say why in 1 to {LONGEST_WHY} printable characters")
    for number in numbers:
        known = connection.execute(select(alarms.c.cleared_at).where(alarms.c.id == number)).first()
        if known is None:
            raise OrderError(f"alarm {number}: there is none; see `jumpguard fleet alarms`")
        if known.cleared_at is not None:
            raise OrderError(f"alarm {number}: over since {known.cleared_at}; see `jumpguard fleet alarms --all`")
        connection.execute(update(alarms).where(alarms.c.id == number).values(cleared_at=now, why=why.strip()))
