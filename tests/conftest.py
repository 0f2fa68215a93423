"""What tests of several folders stand on: a whole counter of real processes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.rig.rig import Rig


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A folder whose path is short enough for Unix sockets, which pytest's own are not."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def shared_rig() -> Iterator[Rig]:
    """One counter for all tests of this worker that leave it able to sell."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Rig(directory) as rig:
        yield rig
    shutil.rmtree(directory)


@pytest.fixture
def rig(shared_rig: Rig) -> Rig:
    """The shared counter with an obedient acquirer and no card on the reader."""
    assert shared_rig.agent.alive, shared_rig.agent.log.read_text()
    shared_rig.acquirer.reset()
    shared_rig.board.remove()
    return shared_rig


@pytest.fixture
def own_rig(short_dir: Path) -> Iterator[Rig]:
    """A counter for one test that breaks, locks or restarts parts of it."""
    with Rig(short_dir) as rig:
        yield rig
