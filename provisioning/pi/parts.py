"""The files that a terminal's system gets and that are wholly ours, and the units that are off or on.

Each is a drop-in in a folder that is made for it, so that no person's and no package's file is touched. Their names
sort behind those of Raspberry Pi OS (70-rpi-enable-watchdog.conf is one), since the last one wins.
"""

from dataclasses import dataclass

from provisioning.pi.change import Link
from provisioning.texts import mark

MASKED = Link("/dev/null")
UNITS = "/etc/systemd/system"

_HEAD = "# Written by `jumpguard setup`; `jumpguard setup --undo` takes it away.\n"

# As Debian's own tmp.mount, but small: a Zero 2 W has 512 MB.
_TMP_UNIT = "tmp.mount"
_TMP = """\
[Unit]
Description=Temporary files, in memory
ConditionPathIsSymbolicLink=!/tmp
DefaultDependencies=no
Conflicts=umount.target
Before=local-fs.target umount.target

[Mount]
What=tmpfs
Where=/tmp
Type=tmpfs
Options=mode=1777,strictatime,nosuid,nodev,size=64m
"""


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be at `path`, and why (an English text, to be translated); `or_else`: whatever is there will do."""

    path: str
    why: str
    content: bytes | Link
    or_else: bool = False


def parts(time_servers: tuple[str, ...] = ()) -> list[Part]:
    """All of them. `time_servers` are asked in place of those that the system comes with."""
    return [*_memory(), *_card_wear(), *_watchdog(), *_time(time_servers), *_uart_left_alone()]


def _memory() -> list[Part]:
    """Card data is in the terminal's memory, and must not reach the card by way of swap or a core dump."""
    no_swap = mark("No swap: card data in memory must not reach the card.")
    no_core = mark("No core dumps: card data in memory must not reach the card.")
    return [
        # Trixie: rpi-swap(8), swap.conf(5), "Disabling swap entirely".
        _file("/etc/rpi/swap.conf.d/90-jumpguard.conf", no_swap, "[Main]\nMechanism=none\n"),
        _off("dphys-swapfile.service", no_swap),  # Bookworm
        _off("zramswap.service", no_swap),  # the package zram-tools
        _file(
            "/etc/tmpfiles.d/jumpguard.conf",
            mark("The swap file of earlier days is removed at the next start: it may hold what was in memory."),
            "r! /var/swap\n",
        ),
        _file("/etc/sysctl.d/90-jumpguard.conf", no_core, "kernel.core_pattern=|/bin/false\nfs.suid_dumpable=0\n"),
    ]


def _card_wear() -> list[Part]:
    why_tmp = mark("Temporary files are in memory: they neither wear the card nor outlive a restart.")
    return [
        _file(
            "/etc/systemd/journald.conf.d/90-jumpguard.conf",
            mark(
                "The system's log is in memory: it does not wear the card. The terminal's own journal is on the card."
            ),
            "[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n",
        ),
        Part(f"{UNITS}/{_TMP_UNIT}", why_tmp, (_HEAD + _TMP).encode(), or_else=True),
        Part(f"{UNITS}/local-fs.target.wants/{_TMP_UNIT}", why_tmp, Link(f"../{_TMP_UNIT}"), or_else=True),
    ]


def _watchdog() -> list[Part]:
    """The hardware watchdog of a Raspberry Pi counts 15 s and some (drivers/watchdog/bcm2835_wdt.c)."""
    why = mark("The hardware watchdog, fed by systemd, restarts a system that hangs, after 15 s.")
    return [
        _file(
            "/etc/systemd/system.conf.d/90-jumpguard.conf",
            why,
            "[Manager]\nRuntimeWatchdogSec=15\nDefaultLimitCORE=0\n",
        ),
        _off("watchdog.service", mark("systemd alone feeds the hardware watchdog.")),
        _off("wd_keepalive.service", mark("systemd alone feeds the hardware watchdog.")),
    ]


def _time(servers: tuple[str, ...]) -> list[Part]:
    """systemd-timesyncd(8) also keeps the clock's floor: a start goes on at the time of a file that it touches.

    That is written every 5 minutes, as on Raspberry Pi OS (40-rpi-sync.conf), not every minute.
    """
    asked = f"NTP={' '.join(servers)}\n" if servers else ""
    return [
        _file(
            "/etc/systemd/timesyncd.conf.d/90-jumpguard.conf",
            mark("The clock comes from a time server, and goes on where it stood after a power cut."),
            f"[Time]\n{asked}SaveIntervalSec=5min\n",
        )
    ]


def _uart_left_alone() -> list[Part]:
    why = mark("Nobody but the terminal opens the UART of the NFC reader.")
    consoles = ("ttyAMA0", "ttyAMA10", "ttyS0")
    return [
        *(_off(f"serial-getty@{console}.service", why) for console in consoles),
        # It would bring up Bluetooth on the PL011 ("Configuring UARTs": to be disabled along with disable-bt).
        _off("hciuart.service", mark("Bluetooth is off: it would take the UART of the NFC reader.")),
    ]


def _file(path: str, why: str, text: str) -> Part:
    return Part(path, why, (_HEAD + text).encode())


def _off(unit: str, why: str) -> Part:
    return Part(f"{UNITS}/{unit}", why, MASKED)
