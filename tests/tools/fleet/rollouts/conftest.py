"""A fleet of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.fleet.rollouts.fleet import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path / "fleet").start()
    yield fleet
    fleet.stop()
