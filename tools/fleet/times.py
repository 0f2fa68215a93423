"""Times as the store writes them: UTC text to the millisecond, as `2026-11-23T03:04:05.678Z`."""

from datetime import datetime, timedelta


def moved(time: str, by: timedelta) -> str:
    """The time `by` after `time`."""
    return (datetime.fromisoformat(time) + by).isoformat(timespec="milliseconds").replace("+00:00", "Z")
