"""A backend's store of the test's own, with a clock that is set by hand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning import texts
from tests.tools.fleet.alerts.shift import Shift
from tools.fleet.place import STORE_NAME


@pytest.fixture(scope="session")
def ready_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store: a copy of it is made in a moment."""
    shift = Shift(tmp_path_factory.mktemp("ready"))
    shift.store.stop()
    return shift.directory / STORE_NAME


@pytest.fixture
def shift(tmp_path: Path, ready_store: Path) -> Iterator[Shift]:
    shutil.copy(ready_store, tmp_path)
    shift = Shift(tmp_path)
    yield shift
    shift.store.stop()
    texts.use(texts.ENGLISH)
