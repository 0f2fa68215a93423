"""The system's clock, and whether anything has set it since boot."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.clock import NEVER, SYNCED, UNSYNCED

# systemd-timesyncd touches this file when it has set the clock (systemd-timesyncd.service(8)).
SYNCHRONISED_MARK = Path("/run/systemd/timesync/synchronized")


class SystemClock:
    """The time of day from the kernel; `mark` is the file whose presence says that the clock was set."""

    def __init__(self, mark: Path = SYNCHRONISED_MARK) -> None:
        self.mark = mark

    def utc(self, days: int = 0, seconds: int = 0) -> str:
        """See `agent.clock.Clock.utc`."""
        moment = datetime.now(UTC) + timedelta(days=days, seconds=seconds)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def state(self) -> str:
        """See `agent.clock.Clock.state`."""
        return SYNCED if self.mark.exists() else UNSYNCED

    def synced_s(self) -> int:
        """See `agent.clock.Clock.synced_s`: the mark is touched each time (systemd-timesyncd.service(8))."""
        try:
            return max(0, int(time.time() - self.mark.stat().st_mtime))
        except OSError:
            return NEVER

    def knows(self, zone: str) -> bool:
        """See `agent.clock.Clock.knows`."""
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return False
        return True

    def local(self, zone: str, days: int = 0) -> str:
        """See `agent.clock.Clock.local`. Raises ZoneInfoNotFoundError for a zone that the system does not know."""
        return (datetime.now(ZoneInfo(zone)) + timedelta(days=days)).strftime("%Y%m%d%H%M%S")
