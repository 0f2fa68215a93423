"""The clocks of made-up terminals: nearly all are right, and some are not."""

import random
import time
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from agent.clock import SYNCED, UNSYNCED
from agent.journal.entry import Stamp

ZONE = "Asia/Shanghai"
_ZONE = ZoneInfo(ZONE)
_WELL = 0.96


class Kind(Enum):
    """What is wrong with a clock: nothing; not set since boot; begun in 1970; set to 2099."""

    RIGHT = "right"
    UNSET = "unset"
    PAST = "past"
    FUTURE = "future"


class Clock:
    """A terminal's clock of `kind`, since a boot."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._booted = time.monotonic()
        self._off = _off(kind)

    @property
    def state(self) -> str:
        """Whether a time source set it since boot, as far as it knows."""
        return UNSYNCED if self.kind in (Kind.UNSET, Kind.PAST) else SYNCED

    @property
    def uptime_s(self) -> int:
        """Since the boot."""
        return int(time.monotonic() - self._booted)

    def now(self) -> datetime:
        """What it says, UTC."""
        return datetime.now(UTC) + self._off

    def local(self) -> datetime:
        """What it says, in the merchant's zone."""
        return self.now().astimezone(_ZONE)

    def stamp(self, boot_id: str) -> Stamp:
        """What an entry of now says of its time."""
        said = self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Stamp(said, self.state, boot_id, int((time.monotonic() - self._booted) * 1000))


def _off(kind: Kind) -> timedelta:
    now = datetime.now(UTC)
    if kind is Kind.PAST:  # without a clock that runs on, a boot begins there
        return datetime(1970, 1, 1, tzinfo=UTC) - now
    if kind is Kind.FUTURE:
        return datetime(2099, 12, 31, tzinfo=UTC) - now
    return timedelta(minutes=-7 if kind is Kind.UNSET else 0)


def drawn(draw: random.Random) -> Kind:
    """The kind of one terminal's clock."""
    return Kind.RIGHT if draw.random() < _WELL else draw.choice([kind for kind in Kind if kind is not Kind.RIGHT])
