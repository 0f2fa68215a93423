"""One counter for everything in this folder: each test leaves it able to sell, and with no change of merchant."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.refusals.counter import Counter, running_counter


@pytest.fixture(scope="package")
def shared_counter() -> Iterator[Counter]:
    """The counter."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with running_counter(directory) as counter:
        yield counter
    shutil.rmtree(directory)


@pytest.fixture
def counter(shared_counter: Counter) -> Counter:
    """The counter with an obedient acquirer and no card at its reader."""
    assert shared_counter.rig.agent.alive, shared_counter.rig.agent.log.read_text()
    shared_counter.rig.acquirer.reset()
    shared_counter.rig.board.remove()
    return shared_counter
