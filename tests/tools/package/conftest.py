"""One package of this machine's kind for all tests of this folder, and its environment unpacked."""

from pathlib import Path

import pytest

from tests.tools.package.built import Built, later_sources, own_target


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The package for this machine."""
    return Built(own_target(), tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its environment, in a folder of which nothing was known when it was built."""
    return built.unpack(tmp_path_factory.mktemp("somewhere"))


@pytest.fixture(scope="session")
def later(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The package of a later version."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("SOURCE_DATE_EPOCH", "1900000000")
        return Built(built.target, tmp_path_factory.mktemp("later"), later_sources(tmp_path_factory.mktemp("sources")))
