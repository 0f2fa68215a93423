"""A store of the test's own, with nothing in it yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from tools.fleet.place import Place
from tools.fleet.schema import bring_up_to_date


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Place(tmp_path).writing()
    bring_up_to_date(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection
