"""Health readings from /proc and /sys. Not journal entries: the latest ones only, always under the same keys."""

import os
from collections.abc import Mapping
from pathlib import Path

from agent.report.ports import UNKNOWN
from board import mailbox

# Bits of the firmware's get_throttled: 0-3 what is so now, 16-19 what has been so since boot.
UNDER_VOLTAGE = 1
THROTTLED_BITS = 0xF
SINCE_BOOT_SHIFT = 16

WLAN = "wlan0"
# The weakest that a radio hears and the strongest that it gets, in dBm. Outside are a driver that counts in other
# units, and the -256 of an interface without a network.
SIGNAL_DBM = range(-120, -1)

Reading = int | str | bool


class Vitals:
    """Reads the machine's health. `proc` and `sys` are roots of the trees, `state_dir` is on the disk that counts."""

    def __init__(self, state_dir: str | Path, proc: str | Path = "/proc", sys: str | Path = "/sys") -> None:
        self._state_dir = Path(state_dir)
        self._proc = Path(proc)
        self._sys = Path(sys)
        # What the bits since boot tell before the first reading is no news: nobody knows when it was.
        self._known_since_boot = THROTTLED_BITS

    def read(self) -> dict[str, Reading]:
        """All readings, under fixed keys with the unit in their names.

        A number or flag that cannot be read is -1, a text is "". `throttled_now` and `throttled_since_boot` are bits:
        1 under-voltage, 2 frequency capped, 4 throttled, 8 soft temperature limit. `undervoltage` says so now, or that
        it came up for the first time since the reading before. `rss_kib` is this process's own.
        """
        memory = _table(self._proc / "meminfo")
        readings: dict[str, Reading] = {
            "uptime_s": _thousandths(_text(self._proc / "uptime"), per=1000),
            "load1_milli": _thousandths(_text(self._proc / "loadavg")),
            "memory_available_kib": _number(memory.get("MemAvailable", "")),
            "memory_total_kib": _number(memory.get("MemTotal", "")),
            "cpu_temperature_milli_c": _number(_text(self._sys / "class/thermal/thermal_zone0/temp")),
            "disk_free_kib": self.free_kib(),
            "rss_kib": _number(_table(Path("/proc/self/status")).get("VmRSS", "")),
            "wlan_signal_dbm": _signal_dbm(_table(self._proc / "net/wireless").get(WLAN, "")),
            "boot_id": self.boot_id(),
        }
        return readings | self._supply()

    def boot_id(self) -> str:
        """The kernel's random name of this boot; "" when it cannot be read."""
        return _text(self._proc / "sys/kernel/random/boot_id")

    def swap_kib(self) -> int:
        """How much memory may be written to a disk, in KiB; -1 when it cannot be read."""
        return _number(_table(self._proc / "meminfo").get("SwapTotal", ""))

    def free_kib(self) -> int:
        """Free space for this user on the disk of the state folder, in KiB; -1 when it cannot be found out."""
        try:
            disk = os.statvfs(self._state_dir)
        except OSError:
            return UNKNOWN
        return disk.f_bavail * disk.f_frsize // 1024

    def _supply(self) -> dict[str, Reading]:
        bits = self._throttled()
        if bits == UNKNOWN:
            return {"throttled_now": UNKNOWN, "throttled_since_boot": UNKNOWN, "undervoltage": UNKNOWN}
        now, since_boot = bits & THROTTLED_BITS, bits >> SINCE_BOOT_SHIFT & THROTTLED_BITS
        # A dip may be shorter than the time between two readings: the bit of the past tells of it.
        dipped = since_boot & ~self._known_since_boot
        self._known_since_boot = since_boot
        return {
            "throttled_now": now,
            "throttled_since_boot": since_boot,
            "undervoltage": bool((now | dipped) & UNDER_VOLTAGE),
        }

    def _throttled(self) -> int:
        bits = _number(_text(self._sys / "devices/platform/soc/soc:firmware/get_throttled"), base=16)
        if bits == UNKNOWN:
            asked = mailbox.throttled()
            return UNKNOWN if asked is None else asked
        return bits


def _text(path: Path) -> str:
    """The file's text without its end of line; "" when it cannot be read, as on a machine that lacks it."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _table(path: Path) -> Mapping[str, str]:
    """The lines `Name:   value kB` of a file."""
    rows = (line.partition(":") for line in _text(path).splitlines())
    return {name.strip(): value.strip() for name, _, value in rows}


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


def _signal_dbm(row: str) -> int:
    """The level in a row of /proc/net/wireless: status, quality of the link, level of the signal, noise, counters."""
    level = _thousandths(" ".join(row.split()[2:]), per=1000)
    return level if level in SIGNAL_DBM else UNKNOWN
