"""A package in the hands of the real dpkg: in a throw-away copy of this machine's system, where no systemd runs."""

import json
from pathlib import Path

import pytest

from tests.tools.package import first_start
from tests.tools.package.built import Built
from tests.tools.package.system import USERS, System

pytestmark = pytest.mark.root
# What a terminal has that no package brings: its key and its journal.
KEPT = ("/etc/jumpguard/terminal.key", "/var/lib/jumpguard/journal.sqlite")
FOLDERS = {"/etc/jumpguard": "root:jumpguard 750", "/var/lib/jumpguard": "jumpguard:jumpguard 700"}
# Software of updates goes with the package; what an installation under way put aside goes with the rest.
SLOT, BACKUP = "/var/lib/jumpguard-slots/0.3.0", "/var/lib/jumpguard-provision/backup"


def install(system: System, package: Built) -> None:
    """Install or upgrade; dpkg says so itself when that fails."""
    system.put("/run/jumpguard.deb", package.file.read_bytes())
    system.run("dpkg", "--install", "/run/jumpguard.deb")
    assert package.field("Version") == system.said("dpkg-query", "--show", "--showformat=${Version}", "jumpguard")


def assert_kept(system: System) -> None:
    for path in KEPT:
        assert system.said("cat", path) == f"what was in {path}"
        assert system.said("stat", "--format=%U:%G %a", path) == "jumpguard:jumpguard 600"


def test_it_installs_upgrades_goes_and_leaves_what_it_should(built: Built, later: Built, tmp_path: Path) -> None:
    with System(Path("/"), tmp_path) as system:
        install(system, built)
        for path, said in FOLDERS.items():
            assert system.said("stat", "--format=%U:%G %a", path) == said
        assert {"dialout", "video", "gpio"} <= set(system.said("id", "-nG", "jumpguard").split())
        assert_a_terminal_gets_ready(system)
        for path in KEPT:
            system.put(path, f"what was in {path}", "0600", "jumpguard:jumpguard")

        system.run("chmod", "0700", "/etc/jumpguard")
        install(system, later)
        assert_kept(system)
        assert system.said("stat", "--format=%a", "/etc/jumpguard") == "700"
        assert "0.2.0" in system.said(
            "/usr/lib/jumpguard/bin/python", "-c", "import board.version as v; print(v.VERSION)"
        )

        system.run("mkdir", "--parents", SLOT)
        system.run("dpkg", "--remove", "jumpguard")
        assert_kept(system)
        assert {path for path in system.changed() if "jumpguard" in path} == {*FOLDERS, *KEPT}

        system.run("mkdir", "--parents", BACKUP)
        system.run("dpkg", "--purge", "jumpguard")
        assert system.changed() <= USERS
        assert system.run("id", "jumpguard", check=False).returncode == 1
        assert "jumpguard" not in system.said("cat", "/etc/passwd", "/etc/group", "/etc/shadow")


def assert_a_terminal_gets_ready(system: System) -> None:
    """As the user that it runs as, of nothing but the package, compiled by its own Python."""
    system.put("/run/first_start.py", Path(first_start.__file__).read_text())
    system.run("install", "--directory", "--owner=jumpguard", "/run/terminal")
    user = ["setpriv", "--reuid=jumpguard", "--regid=jumpguard", "--init-groups"]
    told = json.loads(system.said(*user, "/usr/lib/jumpguard/bin/python", "-P", "/run/first_start.py", "/run/terminal"))
    assert told["ready"] is True
    assert told["package"].startswith("/usr/lib/jumpguard/")
    compiled = system.said("find", "/usr/lib/jumpguard", "-path", "*/agent/__pycache__/terminal.cpython-*.pyc")
    assert compiled.count("\n") == 0 and compiled
