"""A blank card's first boot: it ends where `jumpguard setup` ends, and can be cut off anywhere."""

import shutil
import subprocess
from pathlib import Path

import pytest

from provisioning.hand.places import Places
from provisioning.pi.apply import MARKER, apply
from provisioning.pi.card import FirstBoot, first_boot_of
from provisioning.pi.changes import changes
from provisioning.pi.first_boot import TRIGGER
from provisioning.pi.identity import Identity
from provisioning.pi.models import Model
from provisioning.pi.wifi import wifi
from tests.provisioning.pi.first_boot import KEY, NOTE, SCRIPT, blank, card, cut_and_end, start, steps, write
from tests.provisioning.pi.tree import BOOKWORM, RELEASES, TRIXIE, contents, make, make_32_bit

# What the first boot makes besides: who the terminal is, and what dpkg remembers of the package.
ACCOUNTS = ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
WHO = (*(f"etc/{name}{copy}" for name in ACCOUNTS for copy in ("", "-")), "etc/hostname", "etc/hosts", "etc/timezone",
       "etc/localtime", "etc/default/locale", "etc/ssh/sshd_config.d/10-jumpguard.conf",
       "etc/sudoers.d/010_technician", "etc/systemd/system/multi-user.target.wants/ssh.service",
       "etc/cloud/cloud-init.disabled", "etc/jumpguard-serial")  # fmt: skip
WHOSE = ("home/", "var/lib/dpkg/", "boot/firmware/jumpguard-", "boot/firmware/user-data", "boot/firmware/meta-data")


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("model", Model)
def test_a_first_boot_ends_where_a_set_up_ends(tmp_path: Path, release: str, model: Model) -> None:
    booted = blank(tmp_path / "booted", release)
    write(booted, card(tmp_path, models=(model,)))
    done = start(booted)
    assert done.returncode == 0, done.stderr
    set_up = blank(tmp_path / "set_up", release)
    make(set_up.parent / "other", release)
    shutil.copytree(set_up.parent / "other/usr/lib/sysusers.d", set_up / "usr/lib/sysusers.d")
    apply(set_up, changes(set_up, model))
    assert system(booted) == system(set_up)
    assert changes(booted, model) == []


@pytest.mark.parametrize("release", RELEASES)
def test_one_card_serves_every_model(tmp_path: Path, release: str) -> None:
    root = blank(tmp_path / "root", release)
    write(root, card(tmp_path))
    assert start(root).returncode == 0
    assert [changes(root, model) for model in Model] == [[]] * len(Model)


def test_an_older_image_gets_its_name_user_key_zone_locale_and_network_from_the_script(tmp_path: Path) -> None:
    root = blank(tmp_path / "root", BOOKWORM)
    network = wifi("店 Wi-Fi;1", "a passphrase of it", "CN")
    who = Identity(
        serial="JG-2026-0001", hostname="JG-2026-0001", ssh_keys=(KEY,), user="wang", locale="zh_CN.UTF-8", wifi=network
    )
    write(root, card(tmp_path, identity=who))
    done = start(root)
    assert done.returncode == 0, done.stderr
    said = contents(root)
    assert said["etc/hostname"] == "JG-2026-0001\n"
    assert said["etc/hosts"] == "127.0.0.1\tlocalhost\n127.0.1.1\tJG-2026-0001\n"
    assert said["home/wang/.ssh/authorized_keys"] == f"{KEY}\n"
    assert (root / "home/wang/.ssh/authorized_keys").stat().st_mode & 0o777 == 0o600
    assert (root / "home/wang/.ssh").stat().st_mode & 0o777 == 0o700
    assert (root / "home/wang/.ssh").stat().st_uid == (root / "home/wang").stat().st_uid != 0
    assert any(line.startswith("wang:!") for line in said["etc/shadow"].splitlines())
    assert "sudo:x:27:wang\n" in said["etc/group"]
    assert (said["etc/timezone"], said["etc/localtime"]) == ("Asia/Shanghai\n", "-> /usr/share/zoneinfo/Asia/Shanghai")
    assert said["etc/locale.gen"].startswith("zh_CN.UTF-8 UTF-8\n")
    connection = "etc/NetworkManager/system-connections/jumpguard.nmconnection"
    assert f"psk={network.key}\n" in said[connection]
    assert "".join(f"{byte};" for byte in "店 Wi-Fi;1".encode()) in said[connection]
    assert (root / connection).stat().st_mode & 0o777 == 0o600
    assert said["boot/firmware/cmdline.txt"].endswith("systemd.swap=no cfg80211.ieee80211_regdom=CN\n")
    assert said["var/lib/systemd/rfkill/platform-3f300000.mmcnr:wlan"] == "0\n"
    assert not [name for name, text in said.items() if "a passphrase of it" in text]


@pytest.mark.parametrize("release", RELEASES)
def test_a_terminal_carries_its_serial_whatever_it_is_called_in_the_network(tmp_path: Path, release: str) -> None:
    root = blank(tmp_path / "root", release)
    write(root, card(tmp_path, identity=Identity(serial="JG-2026-0001", hostname="counter-3", ssh_keys=(KEY,))))
    assert start(root).returncode == 0
    assert Places(root).label.read_text() == "JG-2026-0001\n"


def test_the_key_of_the_network_does_not_stay_where_everybody_can_read_it(tmp_path: Path) -> None:
    network = wifi("shop", "a passphrase", "CN")
    for release in RELEASES:
        root = blank(tmp_path / release, release)
        (tmp_path / f"deb-{release}").mkdir()
        who = Identity(serial="JG-2026-0001", hostname="JG-2026-0001", ssh_keys=(KEY,), wifi=network)
        write(root, card(tmp_path / f"deb-{release}", identity=who))
        assert start(root).returncode == 0
        assert not [name for name, text in contents(root / "boot").items() if network.key in text]


def test_the_first_user_of_raspberry_pi_os_is_renamed_by_its_own_program_and_gets_no_password(tmp_path: Path) -> None:
    root = blank(tmp_path / "root", BOOKWORM)
    program = root / "usr/lib/userconf-pi/userconf"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"${0%/*}/asked"\nuseradd --prefix "$JUMPGUARD_ROOT" -m "$1"\n')
    program.chmod(0o755)
    write(root, card(tmp_path))
    assert start(root).returncode == 0
    assert program.with_name("asked").read_text() == "technician\n!\n"


@pytest.mark.parametrize("release", RELEASES)
def test_a_first_boot_leaves_nothing_to_run_twice_and_says_that_it_went_well(tmp_path: Path, release: str) -> None:
    root = blank(tmp_path / "root", release)
    write(root, card(tmp_path))
    assert start(root).returncode == 0
    said = contents(root)
    assert (
        said[NOTE] == "It went well: " + said["etc/hostname"].strip() + " waits to be claimed by technician over SSH.\n"
    )
    assert not set(said["boot/firmware/cmdline.txt"].split()) & set(TRIGGER)
    assert not {SCRIPT, "boot/firmware/jumpguard.deb"} & set(said)
    assert "PasswordAuthentication no\n" in said["etc/ssh/sshd_config.d/10-jumpguard.conf"]
    assert "usr/lib/sysusers.d/jumpguard.conf" in said
    assert ("etc/cloud/cloud-init.disabled" in said) is (release == TRIXIE)
    assert not [name for name in said if name.endswith((".jumpguard-new", ".named", ".new"))]


@pytest.mark.parametrize("release", RELEASES)
def test_a_first_boot_that_fails_says_at_what_and_the_next_one_ends_it(tmp_path: Path, release: str) -> None:
    root = blank(tmp_path / "root", release)
    write(root, card(tmp_path))
    whole = (root / "boot/firmware/jumpguard.deb").read_bytes()
    (root / "boot/firmware/jumpguard.deb").write_bytes(whole[: len(whole) // 2])
    line = (root / "boot/firmware/cmdline.txt").read_text()
    assert start(root).returncode != 0
    assert (root / NOTE).read_text().startswith("It failed at: install the package.")
    assert (root / "boot/firmware/cmdline.txt").read_text() == line
    (root / "boot/firmware/jumpguard.deb").write_bytes(whole)
    done = start(root)
    assert done.returncode == 0, done.stderr
    assert changes(root, Model.PI_4) == []


def test_a_32_bit_system_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    root = blank(tmp_path / "root", BOOKWORM)
    write(root, card(tmp_path))
    make_32_bit(root)
    before = contents(root)
    assert start(root).returncode != 0
    after = contents(root)
    assert after.pop(NOTE).startswith("It failed at: this is not the 64-bit Raspberry Pi OS.")
    assert after == before


@pytest.mark.parametrize("step", [1, 3, -1])
def test_a_first_boot_that_was_cut_off_is_ended_by_the_next(tmp_path: Path, step: int) -> None:
    root = blank(tmp_path / "root", BOOKWORM)
    write(root, card(tmp_path))
    cut_and_end(root, steps(root)[step])


@pytest.mark.parametrize("release", RELEASES)
def test_the_script_is_in_order_for_a_shell(tmp_path: Path, release: str) -> None:
    root = blank(tmp_path / "root", release)
    write(root, card(tmp_path))
    assert subprocess.run(["sh", "-n", str(root / SCRIPT)], check=False).returncode == 0


def test_which_first_boot_an_image_has(tmp_path: Path) -> None:
    assert first_boot_of(blank(tmp_path / "a", BOOKWORM) / "boot/firmware") is FirstBoot.FIRSTRUN
    assert first_boot_of(blank(tmp_path / "b", TRIXIE) / "boot/firmware") is FirstBoot.CLOUD_INIT


def system(root: Path) -> dict[str, str]:
    """Everything but who the terminal is."""
    return {
        name: text
        for name, text in contents(root).items()
        if name not in WHO and not name.startswith(WHOSE) and f"/{name}" != MARKER
    }
