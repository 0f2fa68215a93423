"""One package of this machine's kind for all tests of this folder, and its environment unpacked."""

from pathlib import Path

import pytest

from tests.tools.package.built import Built, own_target


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The package for this machine."""
    return Built(own_target(), tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its environment, in a folder of which nothing was known when it was built."""
    return built.unpack(tmp_path_factory.mktemp("somewhere"))
