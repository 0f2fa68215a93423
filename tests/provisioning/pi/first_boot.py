"""A card's first boot in a root tree: its script is run for real, by /bin/sh, with a real package for a real dpkg."""

import os
import subprocess
from pathlib import Path

import yaml

from provisioning.pi.card import Card, card_changes, write_card
from provisioning.pi.changes import changes
from provisioning.pi.first_boot import TRIGGER
from provisioning.pi.identity import Identity
from provisioning.pi.models import Model
from tests.provisioning.pi.tree import make

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB7PfnBgVJPcQxXOPKXqUVfOCLmSAsMHBnyKxQDPjJAj wang@desk"
SCRIPT = "boot/firmware/jumpguard-first-boot.sh"
NOTE = "boot/firmware/jumpguard-first-boot.txt"


def package(folder: Path) -> Path:
    """A small package named jumpguard that brings the terminal's user, as the real one does."""
    made = folder / "package"
    (made / "DEBIAN").mkdir(parents=True)
    fields = ("Package: jumpguard", "Version: 1.0", "Architecture: all", "Maintainer: Nobody <nobody@example.com>")
    (made / "DEBIAN/control").write_text("".join(f"{field}\n" for field in (*fields, "Description: it")))
    (made / "usr/lib/sysusers.d").mkdir(parents=True)
    (made / "usr/lib/sysusers.d/jumpguard.conf").write_text("u jumpguard -\n")
    file = folder / "jumpguard.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", str(made), str(file)], check=True, capture_output=True)
    return file


def blank(root: Path, release: str) -> Path:
    """The tree of a card that was just written with Raspberry Pi OS."""
    make(root, release, model=None, packaged=False)
    (root / "boot/firmware/kernel8.img").touch()
    (root / "usr/lib/systemd/system/ssh.service").write_text("[Install]\nWantedBy=multi-user.target\n")
    (root / "var/lib/systemd/rfkill").mkdir(parents=True)
    (root / "var/lib/systemd/rfkill/platform-3f300000.mmcnr:wlan").write_text("1\n")
    (root / "var/lib/dpkg/info").mkdir()
    (root / "var/lib/dpkg/updates").mkdir()
    (root / "var/lib/dpkg/status").touch()
    return root


def card(folder: Path, **changes: object) -> Card:
    """What a technician asks for, made of the least."""
    identity = Identity(serial="JG-2026-0001", hostname="JG-2026-0001", ssh_keys=(KEY,))
    return Card(**{"identity": identity, "package": package(folder), **changes})  # type: ignore[arg-type]


def write(root: Path, wanted: Card) -> None:
    """Write the card whose boot partition lies below `root`."""
    boot = root / "boot/firmware"
    write_card(boot, wanted, card_changes(boot, wanted))


def start(root: Path) -> "subprocess.CompletedProcess[str]":
    """Run the script of the first boot below `root` as a start does, as root or as fakeroot has it.

    With cloud-init that is what its `bootcmd` puts in the folder of what runs at each start.
    """
    script = SCRIPT
    (root / SCRIPT).chmod(0o755)  # as every file on the boot partition is
    if (root / "boot/firmware/user-data").exists():
        ((*_install, source, target),) = yaml.safe_load((root / "boot/firmware/user-data").read_text())["bootcmd"]
        script = target.lstrip("/")
        subprocess.run([*_install, f"{root}{source}", f"{root}{target}"], check=True)
    command = [*([] if os.geteuid() == 0 else ["fakeroot"]), str(root / script)]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "JUMPGUARD_ROOT": str(root), "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def steps(root: Path) -> list[int]:
    """The lines of the script at which a step begins."""
    lines = (root / SCRIPT).read_text().splitlines()
    return [number for number, line in enumerate(lines) if line.startswith("step=")][1:]


def cut_and_end(root: Path, line: int) -> None:
    """Run the script up to `line` as if the power went there, then as the next start does, and look what it made."""
    whole = (root / SCRIPT).read_text()
    (root / SCRIPT).write_text("".join(whole.splitlines(keepends=True)[:line]))
    cut = start(root)
    assert cut.returncode == 0, cut.stderr
    assert set((root / "boot/firmware/cmdline.txt").read_text().split()) >= set(TRIGGER)
    (root / SCRIPT).write_text(whole)
    done = start(root)
    assert done.returncode == 0, done.stderr
    assert changes(root, Model.PI_4) == []
