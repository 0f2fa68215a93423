"""What a root tree has to be before it is changed: a 64-bit Raspberry Pi OS whose boot partition is there."""

from pathlib import Path

from provisioning.errors import SetupError
from provisioning.pi.change import below
from provisioning.texts import _

RELEASES = ("bookworm", "trixie")

_AARCH64 = 183  # e_machine in an ELF header (elf.h, EM_AARCH64)
_BOOT_FOLDERS = ("/boot/firmware", "/boot")


def refuse_others(root: Path) -> None:
    """Raise SetupError, with the reason, where `root` is not a 64-bit Raspberry Pi OS that is known."""
    release = _os_release(root)
    if not (root / "etc/rpi-issue").exists() or release.get("ID") not in ("debian", "raspbian"):
        name = release.get("PRETTY_NAME") or _("no operating system")
        raise SetupError(_("%(root)s holds %(name)s, not Raspberry Pi OS") % {"root": root, "name": name})
    if release.get("VERSION_CODENAME") not in RELEASES:
        said = _("this Raspberry Pi OS is %(name)s; known are %(known)s")
        raise SetupError(said % {"name": release.get("VERSION_CODENAME", "?"), "known": ", ".join(RELEASES)})
    if release["ID"] == "raspbian" or not _is_arm64(root / "usr/bin/dpkg"):
        raise SetupError(_("this Raspberry Pi OS is the 32-bit one; write the 64-bit one onto the card"))
    if _root_is_overlay(root):
        said = _("the root is read-only now, so that changes would be gone after a restart; first turn that off: %s")
        raise SetupError(said % "raspi-config nonint disable_overlayfs && reboot")


def boot_folder(root: Path) -> str:
    """Where the boot partition is mounted below `root`: /boot/firmware, or /boot on older systems.

    Whoever looks for /boot/config.txt on a newer system finds a note that it has moved. Raises SetupError where neither
    holds a cmdline.txt.
    """
    for folder in _BOOT_FOLDERS:
        if (below(root, folder) / "cmdline.txt").is_file():
            return folder
    said = _("there is no cmdline.txt in %(folders)s below %(root)s; is the boot partition mounted?")
    raise SetupError(said % {"folders": _(" or ").join(_BOOT_FOLDERS), "root": root})


def _os_release(root: Path) -> dict[str, str]:
    """os-release(5) as a dictionary; {} where there is none."""
    for name in ("etc/os-release", "usr/lib/os-release"):
        try:
            text = (root / name).read_text(errors="replace")
        except OSError:
            continue
        pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
        return {key.strip(): value.strip().strip("\"'") for key, _equals, value in pairs}
    return {}


def _is_arm64(program: Path) -> bool:
    """Whether `program` runs on a 64-bit ARM. The kernel says nothing: a 64-bit one runs the 32-bit system, too."""
    try:
        with program.open("rb") as file:
            header = file.read(20)
    except OSError:
        return False
    return header[:5] == b"\x7fELF\x02" and int.from_bytes(header[18:20], "little") == _AARCH64


def _root_is_overlay(root: Path) -> bool:
    try:
        mounts = (root / "proc/mounts").read_text(errors="replace")
    except OSError:
        return False
    fields = (line.split() for line in mounts.splitlines())
    return [one[2] for one in fields if len(one) > 2 and one[1] == "/"][-1:] == ["overlay"]
