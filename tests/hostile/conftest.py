"""A counter that is quick to give up, and what must hold there after any bad input."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until_prepared
from tests.hostile.counter import Counter
from tools.fleet.refusals import EVENT_REFUSED, REPORT_REFUSED
from tools.rig.rig import Rig


@pytest.fixture(scope="module")
def shared_counter() -> Iterator[Counter]:
    """One counter for a file of tests. In the end the backend holds its whole journal, and no file holds card data."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Rig(directory) as rig:
        wait_until_prepared(rig)
        counter = Counter(rig)
        counter.hurry()
        yield counter
        rig.wait_until_stored()
        # What was forged in its name is told; of its own journal nothing is amiss.
        assert set(rig.alarms()) <= {EVENT_REFUSED, REPORT_REFUSED}
        assert "Traceback" not in rig.agent.log.read_text()
        assert counter.found() == [], "while it runs, with -wal and -shm in place"
    assert counter.found() == []
    shutil.rmtree(directory)


@pytest.fixture
def counter(shared_counter: Counter) -> Iterator[Counter]:
    """The counter before a test; behind it a whole card at an obedient acquirer is approved."""
    yield shared_counter
    shared_counter.sell_whole()
