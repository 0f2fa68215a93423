"""The files of /proc and /sys that a terminal reads its vitals from, as Raspberry Pi OS (kernel 6.6) writes them."""

import asyncio
import contextlib
import time
import uuid
from pathlib import Path

_WIRELESS_HEAD = """\
Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
"""
# A link of quality 70 is one at -40 dBm or better; each dB less takes one off (cfg80211, net/wireless/wext-compat.c).
_BEST_QUALITY = 70
_BEST_DBM = -40


class VitalsTree:
    """Writes `proc/` and `sys/` into a folder. A virtual board boots when it starts: new boot id, uptime from zero."""

    def __init__(self, root: Path) -> None:
        self.proc = root / "proc"
        self.sys = root / "sys"
        self._values: dict[str, float] = {
            "temperature_c": 48.3,
            "throttled": 0,
            "load1": 0.12,
            "mem_total_kib": 3_884_000,
            "mem_available_kib": 3_310_000,
            "wlan_signal_dbm": -52,
        }
        self._started = 0.0
        self._clock: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Lay the files and keep the uptime going."""
        self._started = time.monotonic()
        _write(self.proc / "sys/kernel/random/boot_id", f"{uuid.uuid4()}\n")
        _write(self.sys / "firmware/devicetree/base/model", "Raspberry Pi 4 Model B Rev 1.4\0")
        self.set()
        self._write_uptime()
        self._clock = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Stop the uptime; the files go with the board's folder."""
        if self._clock is not None:
            self._clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clock

    def set(self, **values: float) -> None:
        """Change readings: temperature_c, throttled (bits of `vcgencmd get_throttled`), load1, mem_total_kib,
        mem_available_kib, wlan_signal_dbm (0: no radio)."""
        self._values.update(values)
        now = self._values
        _write(self.sys / "class/thermal/thermal_zone0/temp", f"{round(now['temperature_c'] * 1000)}\n")
        # The firmware driver prints bare hexadecimal.
        _write(self.sys / "devices/platform/soc/soc:firmware/get_throttled", f"{int(now['throttled']):x}\n")
        _write(self.proc / "loadavg", f"{now['load1']:.2f} 0.10 0.05 1/180 4242\n")
        total, available = int(now["mem_total_kib"]), int(now["mem_available_kib"])
        memory = {"MemTotal": total, "MemFree": available // 2, "MemAvailable": available, "SwapTotal": 0}
        _write(self.proc / "net/wireless", _wireless(int(now["wlan_signal_dbm"])))
        _write(self.proc / "meminfo", "".join(f"{name + ':':<15} {kib:>8} kB\n" for name, kib in memory.items()))

    def _write_uptime(self) -> None:
        uptime_s = time.monotonic() - self._started
        _write(self.proc / "uptime", f"{uptime_s:.2f} {4 * uptime_s:.2f}\n")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._write_uptime()


def _wireless(signal_dbm: int) -> str:
    """/proc/net/wireless with wlan0 at that level, or without any radio."""
    if not signal_dbm:
        return _WIRELESS_HEAD
    quality = max(0, min(_BEST_QUALITY, _BEST_QUALITY + signal_dbm - _BEST_DBM))
    row = f" wlan0: 0000  {quality:3d}.  {signal_dbm:3d}.  -256        0      0      0      0      0        0\n"
    return _WIRELESS_HEAD + row


def _write(path: Path, text: str) -> None:
    """Replace a file as a whole: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="ascii")
    new.replace(path)
