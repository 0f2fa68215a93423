"""One broker of each engine for the tests that leave it as it was; each test has terminals of its own."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.brokers.secured import SecuredFleet
from tools.brokers.setup import Engine

_numbers = itertools.count(1)


@pytest.fixture(scope="package", params=list(Engine), ids=[engine.value for engine in Engine])
def shared_fleet(request: pytest.FixtureRequest) -> Iterator[SecuredFleet]:
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    fleet = SecuredFleet(directory, request.param)
    with fleet.broker:
        yield fleet
    shutil.rmtree(directory)


@pytest.fixture
def fleet(shared_fleet: SecuredFleet) -> SecuredFleet:
    assert shared_fleet.broker.alive, shared_fleet.broker.log.read_text()
    return shared_fleet


@pytest.fixture(params=list(Engine), ids=[engine.value for engine in Engine])
def own_fleet(request: pytest.FixtureRequest, short_dir: Path) -> Iterator[SecuredFleet]:
    """A fleet for one test that changes more than terminals of its own."""
    fleet = SecuredFleet(short_dir, request.param)
    with fleet.broker:
        yield fleet


@pytest.fixture
def terminal() -> str:
    return f"JG-TEST-{next(_numbers):04d}"


@pytest.fixture
def other() -> str:
    return f"JG-TEST-{next(_numbers):04d}"
