"""The broker is down: the backend has no connection to it, or most of the fleet was lost within a short time."""

import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection, func, select

from tools.fleet.alerts.absence import LOST
from tools.fleet.alerts.alert import OPEN, Cause
from tools.fleet.alerts.rules import Rules
from tools.fleet.alerts.tables import alerts
from tools.fleet.presence import ONLINE
from tools.fleet.tables import terminals
from tools.fleet.times import moved

BROKER_DOWN = "broker_down"
# Fewer terminals than that may be lost all at once without a common cause.
_FEWEST = 5


class Link:
    """Whether the backend has its connection to the broker, and for how long; from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._up = False
        self._since = clock()

    def up(self) -> None:
        """It is there, for the first time or again."""
        self._up, self._since = True, self.clock()

    def down(self) -> None:
        """It has ended."""
        self._up, self._since = False, self.clock()

    @property
    def up_s(self) -> float:
        """For how many seconds it is there; 0 when it is not."""
        return self.clock() - self._since if self._up else 0.0

    @property
    def down_s(self) -> float:
        """For how many seconds it is not there; 0 when it is."""
        return 0.0 if self._up else self.clock() - self._since


def causes(connection: Connection, rules: Rules, down_s: float, now: str) -> list[Cause]:
    """Why the broker counts as down at `now` (UTC), with no connection for `down_s`; empty when it does not."""
    if down_s >= rules.broker_s:
        return [Cause("", BROKER_DOWN, "the backend has no connection to the broker", now, now)]
    gone, there = _lost_together(connection, rules, now)
    if gone < _FEWEST or gone <= there:
        return []
    return [Cause("", BROKER_DOWN, f"{gone} of {gone + there} terminals were lost at the same time", now, now)]


def _lost_together(connection: Connection, rules: Rules, now: str) -> tuple[int, int]:
    """How many terminals were lost lately, or around the alert that is open, and how many are there."""
    raised = connection.execute(select(alerts.c.raised_at).where((alerts.c.kind == BROKER_DOWN) & OPEN)).scalar()
    since = moved(raised or now, timedelta(seconds=-rules.lost_s))
    count = select(func.count()).select_from(terminals)
    gone = connection.execute(count.where((terminals.c.presence == LOST) & (terminals.c.told_at >= since))).scalar_one()
    if gone < _FEWEST:
        return gone, 0
    return gone, connection.execute(count.where(terminals.c.presence == ONLINE)).scalar_one()
