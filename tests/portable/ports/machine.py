"""Clock, lights, switch and buttons, and what the machine says of itself."""

import asyncio

from agent import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.inputs import OnButton, OnTamper


class ManualClock:
    """Implements `agent.clock.Clock`: it stands still until a test moves it."""

    def __init__(self, now: str = "2026-11-23T03:04:05.678Z", synced: bool = True) -> None:
        self.now = now
        self.synced = synced
        self.since_sync_s = 60
        self.zones: "list[str]" = []

    def utc(self, days: int = 0, seconds: int = 0) -> str:
        """Only days of the same month and seconds of the same hour are asked for.

        Except 30 days back: that is the same day a month before.
        """
        if days == -30:
            return "{}{:02d}{}".format(self.now[:5], int(self.now[5:7]) - 1, self.now[7:])
        second = int(self.now[14:16]) * 60 + int(self.now[17:19]) + seconds
        time = "{:02d}:{:02d}{}".format(second // 60, second % 60, self.now[19:])
        return "{}{:02d}{}{}".format(self.now[:8], int(self.now[8:10]) + days, self.now[10:14], time)

    def state(self) -> str:
        return clock.SYNCED if self.synced else clock.UNSYNCED

    def synced_s(self) -> int:
        return self.since_sync_s if self.synced else clock.NEVER

    def knows(self, zone: str) -> bool:
        return zone in ("Asia/Shanghai", "Asia/Hong_Kong")

    def local(self, zone: str, days: int = 0) -> str:
        """11:04:05 on the day of `now`, which must be one from the 2nd to the 27th."""
        self.zones.append(zone)
        return "{}{}{:02d}110405".format(self.now[:4], self.now[5:7], int(self.now[8:10]) + days)


class Disk:
    """Implements `agent.binding.ports.Space`."""

    def __init__(self) -> None:
        self.free = 1_000_000

    def free_kib(self) -> int:
        return self.free


class RecordingSignals:
    """Implements `agent.signals.Signals`; `shown` is everything that was shown, in order."""

    def __init__(self) -> None:
        self.shown: "list[str]" = []

    def show(self, state: str) -> None:
        self.shown.append(state)


class Case:
    """Implements `agent.inputs.Inputs` and `agent.binding.ports.Tamper`: a case whose lid and buttons a test moves."""

    def __init__(self) -> None:
        self.is_open = False
        self.starts = 0
        self.stops = 0
        self.problems: "list[Exception]" = []
        self.slow_start: "asyncio.Event | None" = None
        self._tampered: "list[OnTamper]" = []
        self._pressed: "list[OnButton]" = []

    @property
    def tampered(self) -> bool:
        return self.is_open

    async def start(self) -> None:
        self.starts += 1
        if self.slow_start is not None:
            await self.slow_start.wait()
        if self.problems:
            raise self.problems.pop(0)

    async def stop(self) -> None:
        self.stops += 1

    def on_tamper(self, callback: "OnTamper") -> None:
        self._tampered.append(callback)

    def on_button(self, callback: "OnButton") -> None:
        self._pressed.append(callback)

    def move(self, is_open: bool) -> None:
        """Open or close the lid."""
        self.is_open = is_open
        for callback in self._tampered:
            callback(is_open)

    def press(self, name: str) -> None:
        """Press a button."""
        for callback in self._pressed:
            callback(name)


class DeskMachine:
    """Implements `agent.report.ports.Machine`; a test changes `readings`."""

    def __init__(self) -> None:
        self.boot_id = "boot-1"
        self.readings: "dict[str, object]" = {
            "uptime_s": 900, "process_uptime_s": 30, "cpu_temperature_milli_c": 48_300, "disk_free_kib": 1_000_000,
            "memory_available_kib": 400_000, "undervoltage": False, "certificate_days_left": -1,
            "reader_failing": False, "reader_cards": 0, "reader_card_gone": 0, "reader_faults": 0,
        }  # fmt: skip

    def info(self) -> "dict[str, object]":
        return {"software": "0.1.0", "hardware": "desk", "python": "3.11.0", "certificate_expiry": ""}

    def vitals(self) -> "dict[str, object]":
        return dict(self.readings)
