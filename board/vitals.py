"""Health readings from /proc and /sys. Not journal entries: the latest ones only, always under the same keys."""

import os
from collections.abc import Mapping
from pathlib import Path

UNKNOWN = -1

# Bits of the firmware's get_throttled: 0-3 what is so now, 16-19 what has been so since boot.
UNDER_VOLTAGE = 1
THROTTLED_BITS = 0xF
SINCE_BOOT_SHIFT = 16

Reading = int | str | bool


class Vitals:
    """Reads the machine's health. `proc` and `sys` are roots of the trees, `state_dir` is on the disk that counts."""

    def __init__(self, state_dir: str | Path, proc: str | Path = "/proc", sys: str | Path = "/sys") -> None:
        self._state_dir = Path(state_dir)
        self._proc = Path(proc)
        self._sys = Path(sys)

    def read(self) -> dict[str, Reading]:
        """All readings, under fixed keys with the unit in their names.

        A number or flag that cannot be read is -1, a text is "". `throttled_now` and `throttled_since_boot` are bits:
        1 under-voltage, 2 frequency capped, 4 throttled, 8 soft temperature limit. `rss_kib` is this process's own.
        """
        memory = _table(self._proc / "meminfo")
        throttled = _number(_text(self._sys / "devices/platform/soc/soc:firmware/get_throttled"), base=16)
        known = throttled != UNKNOWN
        return {
            "uptime_s": _thousandths(_text(self._proc / "uptime"), per=1000),
            "load1_milli": _thousandths(_text(self._proc / "loadavg")),
            "memory_available_kib": _number(memory.get("MemAvailable", "")),
            "memory_total_kib": _number(memory.get("MemTotal", "")),
            "cpu_temperature_milli_c": _number(_text(self._sys / "class/thermal/thermal_zone0/temp")),
            "throttled_now": throttled & THROTTLED_BITS if known else UNKNOWN,
            "throttled_since_boot": throttled >> SINCE_BOOT_SHIFT & THROTTLED_BITS if known else UNKNOWN,
            "undervoltage": bool(throttled & UNDER_VOLTAGE) if known else UNKNOWN,
            "disk_free_kib": self.free_kib(),
            "rss_kib": _number(_table(Path("/proc/self/status")).get("VmRSS", "")),
            "boot_id": self.boot_id(),
        }

    def boot_id(self) -> str:
        """The kernel's random name of this boot; "" when it cannot be read."""
        return _text(self._proc / "sys/kernel/random/boot_id")

    def free_kib(self) -> int:
        """Free space for this user on the disk of the state folder, in KiB; -1 when it cannot be found out."""
        try:
            disk = os.statvfs(self._state_dir)
        except OSError:
            return UNKNOWN
        return disk.f_bavail * disk.f_frsize // 1024


def _text(path: Path) -> str:
    """The file's text without its end of line; "" when it cannot be read, as on a machine that lacks it."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _table(path: Path) -> Mapping[str, str]:
    """The lines `Name:   value kB` of a file."""
    rows = (line.partition(":") for line in _text(path).splitlines())
    return {name: value.strip() for name, _, value in rows}


def _number(text: str, base: int = 10) -> int:
    """The whole number at the start of `text`."""
    try:
        return int(text.split()[0], base)
    except (IndexError, ValueError):
        return UNKNOWN


def _thousandths(text: str, per: int = 1) -> int:
    """The decimal at the start of `text`, in thousandths, divided by `per`."""
    whole, _, fraction = (text.split() or [""])[0].partition(".")
    try:
        return (int(whole) * 1000 + int((fraction + "000")[:3])) // per
    except ValueError:
        return UNKNOWN
