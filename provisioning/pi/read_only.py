"""How far a read-only root goes, and what has to stay writable beside it.

The package overlayroot puts the root file system under an overlay in memory: everything written to it is gone with the
next restart, so that a power cut cannot damage it. What a terminal must keep has to lie on another partition of the
card that /etc/fstab mounts; `recurse=0` leaves that one alone. The boot partition stays writable, and so does the other
one: a power cut still hits these, whose files are written so that they stand it. JumpGuard makes no partition.
"""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from provisioning.errors import SetupError
from provisioning.texts import _

# The terminal's state, its settings and keys, an installation under way, updates, and the clock's floor.
KEPT = (
    "/var/lib/jumpguard",
    "/etc/jumpguard",
    "/var/lib/jumpguard-provision",
    "/var/lib/jumpguard-slots",
    "/var/lib/systemd/timesync",
)

_HOOK = "usr/share/initramfs-tools/scripts/init-bottom/overlayroot"
# File systems that forget, or that do not keep owners and modes.
_NO_PLACE = ("tmpfs", "ramfs", "overlay", "vfat", "exfat", "ntfs", "proc", "sysfs")
_DATA = "/data"


def refuse_volatile_root(root: Path, parameters: Sequence[str], asked: bool) -> None:
    """Raise SetupError where something of KEPT would be gone after a restart with these kernel `parameters`.

    A read-only root that is `asked` for now also needs the package overlayroot, which puts the overlay there.
    """
    overlay = [*(one for one in parameters if one.startswith("overlayroot=")), *_configured(root)]
    active = [one for one in overlay if one.partition("=")[2] not in ("", "disabled")]
    if asked and not (root / _HOOK).exists():
        raise SetupError(_("a read-only root needs the package overlayroot: sudo apt-get install overlayroot"))
    if not all("recurse=0" in re.split("[:,]", one) for one in active):
        said = _(
            "%s puts every partition into memory, the terminal's state, too; set the system up with --read-only-root"
        )
        raise SetupError(said % ", ".join(active))
    # boot=overlay: how raspi-config did it before it took the package overlayroot.
    if active or "boot=overlay" in parameters:
        _refuse_volatile_state(root)


def _configured(root: Path) -> list[str]:
    """What the package overlayroot finds in its own files; one with no parameter on the kernel's line reads them."""
    found = []
    for name in ("etc/overlayroot.conf", "etc/overlayroot.local.conf"):
        try:
            text = (root / name).read_text(errors="replace")
        except OSError:
            continue
        said = (line.strip().replace('"', "").replace("'", "") for line in text.splitlines())
        found += [line for line in said if line.startswith("overlayroot=")]
    return found


def _refuse_volatile_state(root: Path) -> None:
    mounts = _mounts(root)
    lost = [path for path in KEPT if not _is_kept(path, mounts)]
    if lost:
        said = _(
            "with a read-only root these would be gone after each restart: %(lost)s. Make a partition for them, move"
            " them there, and add to /etc/fstab, for example:\n%(example)s"
        )
        raise SetupError(said % {"lost": ", ".join(lost), "example": _example(lost)})


def _mounts(root: Path) -> dict[str, tuple[str, str, str]]:
    """Mount point: what is mounted there, its type, its options, as fstab(5) has it."""
    try:
        text = (root / "etc/fstab").read_text(errors="replace")
    except OSError:
        return {}
    fields = [line.split() for line in text.splitlines() if not line.lstrip().startswith("#")]
    return {one[1]: (one[0], one[2], one[3]) for one in fields if len(one) >= 4}


def _is_kept(path: str, mounts: dict[str, tuple[str, str, str]], hops: int = 4) -> bool:
    """Whether `path` lies on a partition of its own; a bind mount is as good as where it comes from."""
    for place in (PurePosixPath(path), *PurePosixPath(path).parents):
        if str(place) == "/":
            return False
        if str(place) in mounts:
            source, kind, options = mounts[str(place)]
            given = options.split(",")
            if "noauto" in given or "ro" in given:
                return False
            if "bind" in given or "rbind" in given:
                return hops > 0 and _is_kept(source, mounts, hops - 1)
            return kind not in _NO_PLACE
    return False


def _example(lost: list[str]) -> str:
    binds = [f"{_DATA}{path} {path} none bind 0 0" for path in lost]
    return "\n".join([f"LABEL=jumpguard {_DATA} ext4 defaults,noatime 0 2", *binds])
