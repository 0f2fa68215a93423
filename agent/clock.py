"""What the core needs of a clock, and the forms of time that it stores. Stored times are UTC."""

from agent.compat import Protocol, monotonic_ms, since_ms

SYNCED = "synced"
UNSYNCED = "unsynced"
NEVER = -1
# What a clock that is only slewed, or a task that waits for its turn, does not make.
_STEP_S = 60
_UTC_SHAPE = "dddd-dd-ddTdd:dd:ddZ"


class Clock(Protocol):
    """The time of day. Intervals are measured elsewhere, on the monotonic clock (`compat.monotonic_ms`)."""

    def utc(self, days: int = 0, seconds: int = 0) -> str:
        """Now plus `days` and `seconds` in UTC to the millisecond, as `2026-11-23T03:04:05.678Z`."""

    def state(self) -> str:
        """`synced` when a time source was heard since boot, else `unsynced`."""

    def synced_s(self) -> int:
        """Seconds since a time source last set the clock, NEVER when none has since boot."""

    def knows(self, zone: str) -> bool:
        """Whether `zone` is a time zone of this machine's database."""

    def local(self, zone: str, days: int = 0) -> str:
        """Now plus `days` in the IANA time zone `zone`, as `YYYYMMDDhhmmss`."""


def is_utc_second(text: object) -> bool:
    """Whether `text` is a UTC time to the second, as `2026-11-23T03:04:05Z`, with every part in its range."""
    if not isinstance(text, str) or len(text) != len(_UTC_SHAPE):
        return False
    for got, shape in zip(text, _UTC_SHAPE):
        if (got not in "0123456789") if shape == "d" else (got != shape):
            return False
    parts = (int(text[5:7]), int(text[8:10]), int(text[11:13]), int(text[14:16]), int(text[17:19]))
    lowest = (1, 1, 0, 0, 0)
    highest = (12, 31, 23, 59, 59)
    return all(low <= part <= high for low, part, high in zip(lowest, parts, highest))


def seconds_between(first: str, second: str) -> int:
    """Seconds from `first` to `second`, both UTC with or without milliseconds; negative when `second` is earlier."""
    return _seconds(second) - _seconds(first)


def milliseconds(utc: str) -> int:
    """Milliseconds from the beginning of 1970 to `utc`, which has milliseconds."""
    return seconds_between("1970-01-01T00:00:00Z", utc) * 1000 + int(utc[20:23])


def is_before(first: str, second: str) -> bool:
    """Whether `first` is earlier than `second` by at least a second; both UTC, with or without milliseconds."""
    return first[:19] < second[:19]


def _seconds(utc: str) -> int:
    year, month, day = int(utc[:4]), int(utc[5:7]), int(utc[8:10])
    # Years begin in March, so that the leap day comes last: days of the proleptic Gregorian calendar.
    if month < 3:
        year -= 1
    days = year * 365 + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day
    return days * 86_400 + int(utc[11:13]) * 3600 + int(utc[14:16]) * 60 + int(utc[17:19])


class StepWatch:
    """Notices that the clock was set, by more than a minute, since it was asked last."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._last = clock.utc()
        self._asked = monotonic_ms()

    def stepped(self) -> bool:
        """Whether the clock was set since the last call."""
        last, passed_s = self._last, since_ms(self._asked) // 1000
        self._last, self._asked = self.clock.utc(), monotonic_ms()
        return abs(seconds_between(last, self._last) - passed_s) > _STEP_S
