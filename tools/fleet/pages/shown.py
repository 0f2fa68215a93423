"""Times of terminals, which may be of any year or none at all, as a person reads them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tools.fleet.plain import plain

MERCHANTS_ZONE = "Asia/Shanghai"


def moment(time: str) -> datetime | None:
    """The moment that the store's `time` is; None when it is none."""
    try:
        read = datetime.fromisoformat(time)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def exact(time: str, zone: str = "") -> str:
    """`time` to the second in the merchant's `zone`, which is named; the text itself when it is no time."""
    at = moment(time)
    if at is None:
        return plain(time, 40)
    known = _zone(zone)
    return f"{at.astimezone(known):%Y-%m-%d %H:%M:%S} {known.key}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or MERCHANTS_ZONE)
    except (ValueError, OSError, KeyError):
        return ZoneInfo(MERCHANTS_ZONE)
