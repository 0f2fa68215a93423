"""One desk for all tests of a worker, with terminals that are on only while somebody works on them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provisioning.batch.street import Street
from tools.rig.practice import Practice

TERMINALS = 24


@pytest.fixture(scope="session")
def practice() -> Iterator[Practice]:
    """A desk with SSH and many terminals."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Practice(directory, with_ssh=True, terminals=TERMINALS, on_demand=True) as practice:
        yield practice
    shutil.rmtree(directory)


@pytest.fixture
def street(practice: Practice, tmp_path: Path) -> Street:
    """A table of three terminals, for checks alone."""
    return Street(practice, tmp_path, range(1, 4))
