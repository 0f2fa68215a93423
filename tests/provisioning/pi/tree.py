"""A root tree as Raspberry Pi OS has it, as far as a set-up looks: Bookworm and Trixie, every model."""

from pathlib import Path

from provisioning.pi.models import Model

BOOKWORM = "bookworm"
TRIXIE = "trixie"
RELEASES = (BOOKWORM, TRIXIE)

NAMES = {
    Model.ZERO_2_W: "Raspberry Pi Zero 2 W Rev 1.0",
    Model.PI_3: "Raspberry Pi 3 Model B Plus Rev 1.3",
    Model.PI_4: "Raspberry Pi 4 Model B Rev 1.5",
    Model.PI_5: "Raspberry Pi 5 Model B Rev 1.0",
}

# As pi-gen writes them (stage1/00-boot-files), shortened.
CONFIG = """\
# For more options and information see
# http://rptl.io/configtxt
# Some settings may impact device functionality. See link above for details

# Enable audio (loads snd_bcm2835)
dtparam=audio=on

# Enable DRM VC4 V3D driver
dtoverlay=vc4-kms-v3d
max_framebuffers=2

# Run in 64-bit mode
arm_64bit=1

[cm4]
# Enable host mode on the 2711 built-in XHCI USB controller.
otg_mode=1

[cm5]
dtoverlay=dwc2,dr_mode=host

[all]
"""
CMDLINE = {
    BOOKWORM: "console=serial0,115200 console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 fsck.repair=yes rootwait"
    " quiet init=/usr/lib/raspberrypi-sys-mods/firstboot\n",
    TRIXIE: "console=serial0,115200 console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 fsck.repair=yes rootwait"
    " resize\n",
}
FSTAB = """\
proc            /proc           proc    defaults          0       0
PARTUUID=4e639091-01  /boot/firmware  vfat    defaults          0       2
PARTUUID=4e639091-02  /               ext4    defaults,noatime  0       1
"""
DATA_FSTAB = """\
LABEL=jumpguard /data ext4 defaults,noatime 0 2
/data/var/lib/jumpguard /var/lib/jumpguard none bind 0 0
/data/etc/jumpguard /etc/jumpguard none bind 0 0
/data/var/lib/jumpguard-provision /var/lib/jumpguard-provision none bind 0 0
/data/var/lib/jumpguard-slots /var/lib/jumpguard-slots none bind 0 0
/data/var/lib/systemd/timesync /var/lib/systemd/timesync none bind 0 0
"""
_ARM64 = b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + (183).to_bytes(2, "little")
_ARM = b"\x7fELF\x01\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + (40).to_bytes(2, "little")


def make(root: Path, release: str = BOOKWORM, model: Model | None = Model.PI_4, packaged: bool = True) -> Path:
    """Lay a tree below `root`; without a model it is a card that does not run. `packaged`: jumpguard is installed."""
    pretty = {BOOKWORM: "Debian GNU/Linux 12 (bookworm)", TRIXIE: "Debian GNU/Linux 13 (trixie)"}[release]
    files = {
        "etc/os-release": f'PRETTY_NAME="{pretty}"\nID=debian\nVERSION_CODENAME={release}\n',
        "etc/rpi-issue": "Raspberry Pi reference 2025-10-01\nGenerated using pi-gen\n",
        "etc/fstab": FSTAB,
        "etc/hostname": "raspberrypi\n",
        "etc/hosts": "127.0.0.1\tlocalhost\n127.0.1.1\t\traspberrypi\n",
        "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
        "etc/group": "root:x:0:\nsudo:x:27:\ndialout:x:20:\ngpio:x:993:\nvideo:x:44:\nadm:x:4:\nnetdev:x:106:\n",
        "etc/shadow": "root:*:19000:0:99999:7:::\n",
        "etc/gshadow": "root:*::\n",
        "etc/timezone": "Europe/London\n",
        "etc/locale.gen": "# zh_CN.UTF-8 UTF-8\nen_GB.UTF-8 UTF-8\n",
        "usr/share/zoneinfo/Asia/Shanghai": "TZif2\n",
        "usr/lib/systemd/system/systemd-timesyncd.service": "[Service]\n",
        "boot/firmware/config.txt": CONFIG,
        "boot/firmware/cmdline.txt": CMDLINE[release],
    }
    for name, text in files.items():
        _write(root / name, text.encode())
    _write(root / "usr/bin/dpkg", _ARM64)
    for folder in ("etc/systemd/system/sysinit.target.wants", "var/lib/dpkg", "home", "tmp", "proc"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    wanted = root / "etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service"
    wanted.symlink_to("/usr/lib/systemd/system/systemd-timesyncd.service")
    if release == TRIXIE:
        for name in ("user-data", "meta-data", "network-config"):
            _write(root / "boot/firmware" / name, b"# an example, all commented out\n")
    if packaged:
        _write(root / "usr/lib/sysusers.d/jumpguard.conf", b"u jumpguard -\n")
    if model is not None:
        _write(root / "proc/device-tree/model", NAMES[model].encode() + b"\0")
    return root


def make_32_bit(root: Path) -> None:
    """The same system as a 32-bit one, below a kernel that may be a 64-bit one."""
    (root / "usr/bin/dpkg").write_bytes(_ARM)


def keep_state(root: Path) -> None:
    """A partition for what a terminal keeps, and the package that makes the root read-only."""
    (root / "etc/fstab").write_text(FSTAB + DATA_FSTAB)
    _write(root / "usr/share/initramfs-tools/scripts/init-bottom/overlayroot", b"#!/bin/sh\n")


def contents(root: Path) -> dict[str, str]:
    """Everything below `root`: each file's bytes as text, each link's target."""
    found = {}
    for place in sorted(root.rglob("*")):
        name = str(place.relative_to(root))
        if place.is_symlink():
            found[name] = f"-> {place.readlink()}"
        elif place.is_file():
            found[name] = place.read_text(errors="surrogateescape")
    return found


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
