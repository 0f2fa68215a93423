"""One desk for all tests of a worker; each takes terminals that nobody has touched."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.provisioning.install.counter import Counter
from tools.rig.practice import Practice

_TERMINALS = 24


@pytest.fixture(scope="session")
def practice() -> Iterator[Practice]:
    """A desk with SSH and two dozen terminals, none of them switched on."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Practice(directory, with_ssh=True, terminals=_TERMINALS) as practice:
        yield practice
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def _numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def counter(practice: Practice, _numbers: Iterator[int]) -> Iterator[Counter]:
    """A blank terminal, switched on."""
    counter = Counter(practice, next(_numbers))
    counter.terminal.start()
    yield counter
    counter.terminal.stop()


@pytest.fixture(scope="module")
def blank(practice: Practice, _numbers: Iterator[int]) -> Iterator[Counter]:
    """A blank terminal for all tests of a file that leave it blank."""
    counter = Counter(practice, next(_numbers))
    counter.terminal.start()
    yield counter
    counter.terminal.stop()


@pytest.fixture
async def installed(counter: Counter) -> Counter:
    """A terminal that sells for its first merchant."""
    await counter.run(counter.installation())
    return counter


@pytest.fixture
def spare(practice: Practice, _numbers: Iterator[int]) -> Iterator[Counter]:
    """A second blank terminal, switched on."""
    counter = Counter(practice, next(_numbers))
    counter.terminal.start()
    yield counter
    counter.terminal.stop()
