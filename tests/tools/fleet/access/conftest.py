"""A store of the test's own, with nothing in it yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tools.fleet.place import Place
from tools.fleet.schema import bring_up_to_date


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = Place(tmp_path).writing()
    bring_up_to_date(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
