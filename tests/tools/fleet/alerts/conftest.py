"""A backend's store of the test's own, with a clock that is set by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning import texts
from tests.tools.fleet.alerts.shift import Shift


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    shift = Shift(tmp_path)
    yield shift
    shift.store.stop()
    texts.use(texts.ENGLISH)
