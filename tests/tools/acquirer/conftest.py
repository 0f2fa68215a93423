"""One simulator for the whole run, wiped before each test that uses it."""

from collections.abc import Iterator

import pytest

from tests.tools.acquirer.till import NAMED, NAMELESS, Process, Till


@pytest.fixture(scope="session")
def shared_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = Process(tmp_path_factory.mktemp("acquirer"), NAMED, NAMELESS).start()
    yield process
    assert process.end() == 0


@pytest.fixture
def process(shared_process: Process) -> Process:
    assert shared_process.is_alive()
    shared_process.control.reset(ledger=True)
    return shared_process


@pytest.fixture
def till(process: Process) -> Iterator[Till]:
    """The named terminal, signed on."""
    till = Till(process)
    till.sign_on()
    yield till
    till.close()
