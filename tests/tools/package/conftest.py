"""One package of this machine's kind for all tests of this folder, and its environment unpacked."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.package.built import LATER, Built, as_release, build, later_sources, own_target
from tests.tools.package.service import install
from tests.tools.package.system import System, debian
from tools.package.target import SUITES, Target


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The package for this machine."""
    return build(own_target(), tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its environment, in a folder of which nothing was known when it was built."""
    return built.unpack(tmp_path_factory.mktemp("somewhere"))


@pytest.fixture(scope="session")
def later(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The package of a later version."""
    return as_release(built, LATER, tmp_path_factory.mktemp("later"))


@pytest.fixture(scope="session", params=SUITES)
def packages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    """The package of now and of a later version, for one release."""
    target, folder = Target(own_target().architecture, request.param), tmp_path_factory.mktemp("packages")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("SOURCE_DATE_EPOCH", "1900000000")
        later = build(target, folder, later_sources(tmp_path_factory.mktemp("sources")))
    return build(target, folder), later


@pytest.fixture
def booted(packages: tuple[Built, Built], tmp_path: Path) -> Iterator[System]:
    """A system of which systemd is the first process, with the package in it."""
    package = packages[0]
    with System(debian(package.target.suite.name, "systemd", "dbus"), tmp_path, "/lib/systemd/systemd") as system:
        deadline = time.monotonic() + 60
        while system.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip() in ("", "offline"):
            assert time.monotonic() < deadline, "systemd does not come up"
        system.run("apt-get", "update")
        install(system, package)
        yield system
