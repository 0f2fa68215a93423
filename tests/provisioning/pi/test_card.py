"""A card: what it is refused for, what is written and in which order, and what cloud-init and netplan say to it."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioning.errors import SetupError
from provisioning.pi import cloud_init
from provisioning.pi.card import card_changes
from provisioning.pi.first_boot import TRIGGER
from provisioning.pi.identity import Identity, public_keys
from provisioning.pi.wifi import Wifi, wifi
from tests.provisioning.pi.first_boot import KEY, blank, card, write
from tests.provisioning.pi.tree import BOOKWORM, RELEASES, TRIXIE, contents

UNPACKED = Path(__file__).parents[3] / "build/unpacked"
SCHEMA = UNPACKED / "usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json"
REMEDY = "the packages that a first boot is held against are not there: run `make build/unpacked/.ready`"
PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


def identity(**changes: Any) -> Identity:
    return Identity(**{"serial": "JG-2026-0001", "hostname": "JG-2026-0001", "ssh_keys": (KEY,), **changes})


def faults(document: object) -> list[str]:
    """What cloud-init's own schema says against `document`."""
    assert SCHEMA.is_file(), REMEDY
    return [one.message for one in jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).iter_errors(document)]


@pytest.mark.parametrize("network", [None, wifi("shop", "a passphrase", "CN")])
def test_cloud_init_takes_what_is_written_for_it(tmp_path: Path, network: Wifi | None) -> None:
    root = blank(tmp_path / "root", TRIXIE)
    write(root, card(tmp_path, identity=identity(wifi=network, locale="zh_CN.UTF-8")))
    text = (root / "boot/firmware/user-data").read_text()
    assert text.startswith("#cloud-config\n")
    said = yaml.safe_load(text)
    assert faults(said) == []
    assert said["users"][0]["ssh_authorized_keys"] == [KEY]
    assert (said["hostname"], said["ssh_pwauth"], said["timezone"]) == ("JG-2026-0001", False, "Asia/Shanghai")
    assert yaml.safe_load((root / "boot/firmware/meta-data").read_text())["instance-id"].startswith("jumpguard-")


def test_the_schema_is_one_that_refuses() -> None:
    said = yaml.safe_load(cloud_init.user_data(identity()))
    assert faults({**said, "bootcmd": "sh it"})
    assert faults({**said, "users": [{"name": "a", "lock_passwd": "perhaps"}]})


def test_a_new_instance_is_named_when_anything_on_the_card_is_new() -> None:
    assert cloud_init.meta_data("a", "b") == cloud_init.meta_data("a", "b")
    assert cloud_init.meta_data("a", "b") != cloud_init.meta_data("a", "c") != cloud_init.meta_data("ab", "")


@pytest.mark.parametrize("name", ["shop", '店 "Wi\\Fi";1', "#no: [yaml] {here}", "null"])
def test_netplan_takes_the_network_with_its_key(tmp_path: Path, name: str) -> None:
    program = UNPACKED / "usr/libexec/netplan/generate"
    assert program.is_file(), REMEDY
    network = wifi(name, "a passphrase", "CN")
    (tmp_path / "etc/netplan").mkdir(parents=True)
    # Raspberry Pi OS has netplan hand everything to NetworkManager (pi-gen, 00-network-manager-all.yaml).
    document = json.loads(cloud_init.network_config(network))
    document["network"]["renderer"] = "NetworkManager"
    (tmp_path / "etc/netplan/50-cloud-init.yaml").write_text(json.dumps(document, ensure_ascii=False))
    (library,) = {file.parent for file in UNPACKED.rglob("libnetplan.so.0*")}
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library)}
    done = subprocess.run([str(program), "--root-dir", str(tmp_path)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = (tmp_path / "run/NetworkManager/system-connections").glob("*wlan0*")
    assert f"psk={network.key}\n" in made.read_text()


@given(PRINTABLE)
def test_whatever_a_network_is_called_the_file_says_it(name: str) -> None:
    said = yaml.safe_load(cloud_init.network_config(Wifi(name, "0" * 64, "CN")))
    assert list(said["network"]["wifis"]["wlan0"]["access-points"]) == [name]


@pytest.mark.parametrize("release", RELEASES)
def test_what_begins_the_first_boot_is_written_last(tmp_path: Path, release: str) -> None:
    root = blank(tmp_path / "root", release)
    found = card_changes(root / "boot/firmware", card(tmp_path))
    assert found[0].path == "/jumpguard-first-boot.sh"
    assert found[-1].path == {BOOKWORM: "/cmdline.txt", TRIXIE: "/meta-data"}[release]


@pytest.mark.parametrize("release", RELEASES)
def test_a_card_may_be_written_twice_and_be_another_terminals_the_second_time(tmp_path: Path, release: str) -> None:
    root = blank(tmp_path / "root", release)
    wanted = card(tmp_path)
    write(root, wanted)
    once = contents(root)
    write(root, wanted)
    assert contents(root) == once
    (root / "boot/firmware/jumpguard-first-boot.txt").write_text("It failed.\n")
    (tmp_path / "again").mkdir()
    write(root, card(tmp_path / "again", identity=identity(serial="JG-2026-0002", hostname="JG-2026-0002")))
    said = contents(root / "boot/firmware")
    assert not [name for name, text in said.items() if "JG-2026-0001" in text]
    assert "jumpguard-first-boot.txt" not in said
    assert said["cmdline.txt"].split().count(TRIGGER[0]) == (release == BOOKWORM)


def test_the_passphrase_of_the_network_is_nowhere_on_the_card(tmp_path: Path) -> None:
    for release in RELEASES:
        root = blank(tmp_path / release, release)
        (tmp_path / f"deb-{release}").mkdir()
        network = wifi("shop", "a passphrase", "CN")
        write(root, card(tmp_path / f"deb-{release}", identity=identity(wifi=network)))
        assert not [name for name, text in contents(root).items() if "a passphrase" in text]
        assert [name for name, text in contents(root).items() if network.key in text]
        assert "cfg80211.ieee80211_regdom=CN" in (root / "boot/firmware/cmdline.txt").read_text()


def test_the_key_of_a_network_is_that_of_the_standard() -> None:
    # IEEE 802.11, J.4.2, test cases 1 and 2.
    assert wifi("IEEE", "password", "CN").key == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert wifi("ThisIsASSID", "ThisIsAPassword", "US").key == (
        "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"
    )
    assert wifi("a", "AB" * 32, "CN").key == "ab" * 32


@pytest.mark.parametrize(
    ("name", "passphrase", "country", "said"),
    [
        ("", "long enough", "CN", "no name of a network"),
        ("x" * 33, "long enough", "CN", "no name of a network"),
        ("店" * 11, "long enough", "CN", "no name of a network"),
        ("a\nb", "long enough", "CN", "no name of a network"),
        ("a", "short", "CN", "8 to 63"),
        ("a", "x" * 64, "CN", "8 to 63"),
        ("a", "密码密码密码密码", "CN", "8 to 63"),
        ("a", "long enough", "cn", "no country"),
        ("a", "long enough", "China", "no country"),
    ],
)
def test_a_network_that_cannot_be_is_refused_without_its_passphrase(
    name: str, passphrase: str, country: str, said: str
) -> None:
    with pytest.raises(SetupError, match=said) as caught:
        wifi(name, passphrase, country)
    assert passphrase not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hostname": "-x"}, "name of a machine"),
        ({"hostname": "a b"}, "name of a machine"),
        ({"hostname": "x\nrm"}, "name of a machine"),
        ({"hostname": "x" * 64}, "name of a machine"),
        ({"user": "root"}, "technician's user"),
        ({"user": "jumpguard"}, "technician's user"),
        ({"user": "Wang"}, "technician's user"),
        ({"user": "a;b"}, "technician's user"),
        ({"time_zone": "Asia/Peking"}, "no time zone"),
        ({"time_zone": "../../etc/passwd"}, "no time zone"),
        ({"locale": "zh_CN"}, "no locale"),
        ({"ssh_keys": ()}, "nobody could log in"),
    ],
)
def test_an_identity_that_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SetupError, match=said):
        identity(**changes)


def test_public_keys_are_taken_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "id.pub"
    file.write_text(f"\ufeff{KEY}\r\n\n# a comment\n{KEY} \n", encoding="utf-8")
    assert public_keys(file) == [KEY, KEY]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no public key"),
        ("ssh-ed25519", "no public key"),
        ("ssh-ed25519 AAAA", "no public key"),
        (KEY.replace("ssh-ed25519", "ssh-rsa", 1), "no public key"),
        (f'command="rm" {KEY}', "no public key"),
        (f"{KEY}\n<html>", "no public key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n", "is a private key"),
    ],
)
def test_what_is_no_public_key_is_refused_and_not_quoted(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "id"
    file.write_text(text)
    with pytest.raises(SetupError, match=said) as caught:
        public_keys(file)
    assert "b3BlbnNzaC1rZXk" not in str(caught.value)


def not_a_boot_partition(boot: Path) -> None:
    (boot / "config.txt").unlink()


def a_32_bit_kernel(boot: Path) -> None:
    (boot / "kernel8.img").unlink()


def has_run(boot: Path) -> None:
    (boot / "cmdline.txt").write_text("console=tty1 root=PARTUUID=4e639091-02 rootwait\n")


def several_lines(boot: Path) -> None:
    (boot / "cmdline.txt").write_text("a=1\nb=2\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (not_a_boot_partition, "not the boot partition"),
        (a_32_bit_kernel, "64-bit"),
        (has_run, "has run already"),
        (several_lines, "2 lines"),
    ],
)
def test_a_card_that_is_not_blank_is_refused(tmp_path: Path, spoil: Callable[[Path], None], said: str) -> None:
    boot = blank(tmp_path / "root", BOOKWORM) / "boot/firmware"
    spoil(boot)
    with pytest.raises(SetupError, match=said):
        card_changes(boot, card(tmp_path))


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    boot = blank(tmp_path / "root", BOOKWORM) / "boot/firmware"
    wanted = card(tmp_path)
    wanted.package.write_bytes(b"PK\x03\x04")
    with pytest.raises(SetupError, match="no Debian package"):
        card_changes(boot, wanted)
    wanted.package.unlink()
    with pytest.raises(SetupError, match="No such file"):
        card_changes(boot, wanted)


@pytest.mark.parametrize(
    ("release", "name", "wrong"),
    [
        (BOOKWORM, "jumpguard_0.1.0-1~deb12_arm64.deb", False),
        (TRIXIE, "jumpguard_0.1.0-1~deb13_arm64.deb", False),
        (BOOKWORM, "jumpguard_0.1.0-1~deb13_arm64.deb", True),
        (TRIXIE, "jumpguard_0.1.0-1~deb12_arm64.deb", True),
        (TRIXIE, "jumpguard_0.1.0-1~deb13_amd64.deb", True),
    ],
)
def test_a_package_for_another_system_is_refused_before_anything_is_written(
    tmp_path: Path, release: str, name: str, wrong: bool
) -> None:
    boot = blank(tmp_path / "root", release) / "boot/firmware"
    wanted = card(tmp_path)
    renamed = replace(wanted, package=wanted.package.rename(tmp_path / name))
    if not wrong:
        assert card_changes(boot, renamed)
        return
    with pytest.raises(SetupError, match="for another system"):
        card_changes(boot, renamed)
