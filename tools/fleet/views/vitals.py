"""A terminal's vitals over time: as they came for a short time, of five minutes together for a long one."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection, select

from tools.fleet.history.tables import rollups, samples
from tools.fleet.times import moved

# As they come for up to this long: about 400 points.
_FINE = timedelta(hours=6)
_ROLLED_S = 300.0
# A reading that is later than so many times the usual distance follows a gap.
_GAP = 2.5
# Vitals come every minute unless something else is set.
_USUAL_S = 60.0


@dataclass(frozen=True, slots=True)
class Course:
    """How one reading went: its points in time (UTC) and value, None where a gap is."""

    reading: str
    points: list[tuple[str, float | None]]


def courses(connection: Connection, terminal: str, now: str, lasts: timedelta) -> list[Course]:
    """How the readings of `terminal` went in the time of `lasts` up to `now`, by name."""
    since = moved(now, -lasts)
    fine = lasts <= _FINE
    table = samples if fine else rollups
    at = samples.c.at if fine else rollups.c.start
    query = select(at.label("at"), table.c.readings).where((table.c.terminal == terminal) & (at >= since)).order_by(at)
    found: dict[str, list[tuple[str, float]]] = {}
    for row in connection.execute(query):
        for reading, value in json.loads(row.readings).items():
            number = value if fine else value[1]
            found.setdefault(reading, []).append((row.at, float(number)))
    usual = _USUAL_S if fine else _ROLLED_S
    return [Course(reading, with_gaps(points, usual)) for reading, points in sorted(found.items())]


def with_gaps(points: list[tuple[str, float]], usual_s: float) -> list[tuple[str, float | None]]:
    """`points` with a None where more than `_GAP` times the distance that is usual here lies between two of them."""
    moments = [datetime.fromisoformat(at) for at, _ in points]
    distances = [(after - before).total_seconds() for before, after in pairwise(moments)]
    usual = max(usual_s, sorted(distances)[len(distances) // 2]) if distances else usual_s
    drawn: list[tuple[str, float | None]] = []
    for number, point in enumerate(points):
        if number and distances[number - 1] > _GAP * usual:
            drawn.append((moved(points[number - 1][0], timedelta(seconds=usual)), None))
        drawn.append(point)
    return drawn
