"""What a terminal's time is worth: a day or an hour is told only by a clock that was set, and can have been right."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tools.fleet.times import moved

SYNCED = "synced"
DEFAULT_ZONE = "Asia/Shanghai"
# An entry cannot come before it was written; clocks of two machines are never quite the same.
_AHEAD = timedelta(hours=1)
# Journals keep what was acknowledged for half a year, and what was not for as long as it takes. A year is long.
_BEHIND = timedelta(days=400)


def is_trusted(at: str, clock: str, received_at: str) -> bool:
    """Whether something can have been at `at`, by a `clock` that was set, when it was received at `received_at`."""
    return clock == SYNCED and moved(received_at, -_BEHIND) <= at <= moved(received_at, _AHEAD)


def zone_of(name: str) -> str:
    """`name` when it is a time zone that is known here, else the default one."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return DEFAULT_ZONE
    return name


def local(at: str, timezone: str) -> datetime:
    """The UTC time `at` in the zone `timezone`, or in the default one where that is none; at the end of time in UTC."""
    moment = datetime.fromisoformat(at)
    try:
        return moment.astimezone(ZoneInfo(zone_of(timezone)))
    except OverflowError:
        return moment


def said(at: str, timezone: str) -> str:
    """The UTC time `at` to the second in the zone `timezone`, which is named."""
    return f"{local(at, timezone).isoformat(sep=' ', timespec='seconds')} {zone_of(timezone)}"
