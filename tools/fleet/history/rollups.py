"""Roll-ups: least, mean and most of a terminal's readings in five minutes, which are kept when the samples are gone."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.sql import func

from tools.fleet.history.tables import rolled, rollups, samples
from tools.fleet.times import moved

WINDOW = timedelta(minutes=5)
# Vitals that came before a window ended are stored by then, also where the writer had much to do.
GRACE = timedelta(seconds=30)
# Terminals of one transaction.
STEP = 100

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, int]).decode

# [least, mean, most, count] of a reading.
Summary = list[float]


def step(connection: Connection, now: str) -> bool:
    """Roll up some more of what is over `now` (UTC); False when all of it is done. The caller commits.

    How far it is done is kept in the same transaction, so that nothing is rolled up twice or left out.
    """
    start, done = _place(connection, now)
    if not start or moved(start, WINDOW + GRACE) > now:
        return False
    here = (samples.c.at >= start) & (samples.c.at < moved(start, WINDOW))
    behind = select(samples.c.terminal).where(here & (samples.c.terminal > done)).distinct()
    names = connection.execute(behind.order_by(samples.c.terminal).limit(STEP)).scalars().all()
    taken = connection.execute(select(samples).where(here & samples.c.terminal.in_(names))).all()
    _store(connection, start, names, taken)
    _note(connection, *((start, names[-1]) if len(names) == STEP else (moved(start, WINDOW), "")))
    return True


def window(at: str) -> str:
    """When the five minutes began that `at` is in."""
    return f"{at[:14]}{int(at[14:16]) // 5 * 5:02d}:00.000Z"


def _place(connection: Connection, now: str) -> tuple[str, str]:
    """The window that is next, "" when there is none, and its last terminal that is done."""
    row = connection.execute(select(rolled)).first()
    start, done = ("", "") if row is None else (row.start, row.terminal)
    if start > moved(window(now), WINDOW):
        start = done = ""  # the clock was set back: what is there already stays
    if done:
        return start, done
    first = connection.execute(select(func.min(samples.c.at)).where(samples.c.at >= start)).scalar()
    return ("" if first is None else window(first)), ""


def _store(connection: Connection, start: str, names: Sequence[str], taken: Iterable[Row[Any]]) -> None:
    there = select(rollups.c.terminal).where(rollups.c.start == start, rollups.c.terminal.in_(names))
    known = set(connection.execute(there).scalars())
    found: dict[str, dict[str, Summary]] = {}
    for row in taken:
        if row.terminal not in known:
            summaries = found.setdefault(row.terminal, {})
            for name, value in _decode(row.readings).items():
                _add(summaries.setdefault(name, [value, 0, value, 0]), value)
    rows = [{"terminal": name, "start": start, "readings": _text(summaries)} for name, summaries in found.items()]
    if rows:
        connection.execute(insert(rollups), rows)


def _add(summary: Summary, value: int) -> None:
    least, total, most, count = summary
    summary[:] = min(least, value), total + value, max(most, value), count + 1


def _text(summaries: dict[str, Summary]) -> str:
    """As JSON; until here the second number of each was the sum."""
    told = {
        name: [least, round(total / count, 3), most, count] for name, (least, total, most, count) in summaries.items()
    }
    return _encode(told).decode()


def _note(connection: Connection, start: str, terminal: str) -> None:
    connection.execute(delete(rolled))
    connection.execute(insert(rolled).values(start=start, terminal=terminal))
