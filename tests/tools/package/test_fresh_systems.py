"""The packages for this architecture in fresh systems of both releases of Debian, with the real apt and systemd."""

import json
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from provisioning.till import Till
from tests.tools.package import first_start
from tests.tools.package.built import Built, build
from tests.tools.package.service import PYTHON, STATE, USER, beside, install, state
from tests.tools.package.system import USERS, System, debian
from tools.broker import free_port
from tools.package.target import SUITES, Target

# A system of Debian is made in a minute or in ten, as the machine is busy.
pytestmark = [pytest.mark.package, pytest.mark.timeout(1200)]
UNIT = "/usr/lib/systemd/system/jumpguard.service"
AARCH64 = (183).to_bytes(2, "little")
# Long enough for apt to reach the point at which it stops the terminal, and shorter than the terminal waits for.
ANSWERED_AFTER_MS = 4_000


def test_apt_finds_all_it_needs_and_leaves_nothing_where_there_is_no_systemd(
    packages: tuple[Built, Built], tmp_path: Path
) -> None:
    package, later = packages
    with System(debian(package.target.suite.name), tmp_path) as system:
        system.run("apt-get", "update")
        needed = package.field("Depends").replace("systemd | ", "")
        system.run("apt-get", "satisfy", "--yes", "--no-install-recommends", needed)
        assert system.run("test", "-e", "/bin/systemctl", check=False).returncode == 1
        before = system.changed()

        install(system, package)
        system.put("/tmp/first_start.py", Path(first_start.__file__).read_text())
        system.run("install", "--directory", "--owner=jumpguard", "/tmp/terminal")
        told = json.loads(system.said(*USER, PYTHON, "-P", "/tmp/first_start.py", "/tmp/terminal"))
        assert told["ready"] is True and told["package"].startswith("/usr/lib/jumpguard/")
        install(system, later)
        system.run("apt-get", "remove", "--yes", "jumpguard")
        assert {"/etc/jumpguard", STATE} <= system.changed()
        system.run("apt-get", "purge", "--yes", "jumpguard")
        system.run("rm", "-r", "/tmp/terminal", "/tmp/first_start.py", "/tmp/jumpguard.deb")
        assert system.changed() - before <= USERS


def test_systemd_takes_the_unit_and_finds_it_exposed_no_more_than_thirty_in_a_hundred(booted: System) -> None:
    assert booted.said("systemctl", "show", "--property=LoadState", "--value", "jumpguard.service") == "loaded"
    verified = booted.run("systemd-analyze", "verify", "--man=no", UNIT)
    assert "jumpguard" not in verified.stdout + verified.stderr
    booted.run("systemd-analyze", "security", "--offline=true", "--threshold=30", UNIT)


def test_an_upgrade_waits_for_the_sale_and_goes_on_with_the_new_version(
    booted: System, packages: tuple[Built, Built]
) -> None:
    package, later = packages
    port = free_port()
    assert booted.run("systemctl", "is-enabled", "jumpguard", check=False).stdout.strip() == "disabled"
    assert state(booted) == ("inactive", 0)
    with beside(booted, port) as token:
        booted.run("systemctl", "enable", "--now", "jumpguard")
        first = state(booted)
        assert first[0] == "active"

        till, answers = Till(f"127.0.0.1:{port}", token), Queue[tuple[dict[str, Any], tuple[str, int]]]()
        acquirer = ("--dir", f"{STATE}/acquirer")
        booted.run("jumpguard", "acquirer", "behave", "delay", "--ms", str(ANSWERED_AFTER_MS), *acquirer)
        selling = Thread(target=lambda: answers.put((till.pay("P-1", "1.00"), state(booted))))
        selling.start()
        booted.run("jumpguard", "board", "tap", "unionpay", "--dir", f"{STATE}/board")
        while not json.loads(booted.said("jumpguard", "acquirer", "ledger", "--json", *acquirer)):
            assert selling.is_alive(), "nothing was booked"
        assert answers.empty()
        install(booted, later)
        selling.join()
        answer, during = answers.get_nowait()
        assert answer["Response"]["Result"] == "Success"
        assert during[1] == first[1], "another process than the one that sold"
        second = state(booted)
        assert second[0] == "active" and second[1] not in (first[1], 0)
        assert till.status("P-1")["Response"]["Result"] == "Success"

        booted.run("systemctl", "stop", "jumpguard")
        install(booted, package, "--allow-downgrades")
        assert state(booted) == ("inactive", 0)
        booted.run("systemctl", "start", "jumpguard")
        booted.run("apt-get", "remove", "--yes", "jumpguard")
        assert state(booted) == ("inactive", 0)
    assert booted.said("find", "/etc/systemd", "-lname", "*jumpguard*") == ""
    assert booted.said("ls", f"{STATE}/state/journal.sqlite")
    booted.run("apt-get", "purge", "--yes", "jumpguard")
    assert booted.run("ls", STATE, check=False).returncode == 2


@pytest.mark.parametrize("python", SUITES)
def test_a_package_for_a_pi_has_nothing_of_another_architecture_in_it(python: str, tmp_path: Path) -> None:
    package = build(Target("arm64", python), tmp_path)
    assert package.field("Architecture") == "arm64"
    (site,) = package.unpack(tmp_path / "unpacked").glob("lib/python3.*/site-packages")
    assert site.parent.name == f"python{python}"
    compiled = [path for path in site.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
    assert {path.read_bytes()[18:20] for path in compiled} == {AARCH64}
    assert {"_lgpio", "_core", "_rust", "_cffi_backend"} <= {path.name.partition(".")[0] for path in compiled}
    assert not [path for path in package.contents() if "x86" in path or "amd64" in path]
    tags = {
        line[5:]
        for file in site.glob("*.dist-info/WHEEL")
        for line in file.read_text().splitlines()
        if line[:5] == "Tag: "
    }
    assert not [tag for tag in tags if not tag.endswith(("-any", "_aarch64"))]
    own = f"cp{python.replace('.', '')}"
    assert {tag.split("-")[0] for tag in tags if not tag.endswith("-any") and "-abi3-" not in tag} == {own}
