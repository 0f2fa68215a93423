"""Times as the store writes them: UTC text to the millisecond, as `2026-11-23T03:04:05.678Z`."""

from datetime import UTC, datetime, timedelta


def utc_now() -> str:
    """Now in UTC to the millisecond, as the journal writes it."""
    return said(datetime.now(UTC))


def moved(time: str, by: timedelta) -> str:
    """The time `by` after `time`."""
    return said(datetime.fromisoformat(time) + by)


def said(moment: datetime) -> str:
    """`moment`, which is UTC, as the store writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
