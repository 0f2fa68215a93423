"""A store of the test's own, and a shop whose events come into it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from tests.tools.fleet.jumps.shop import Shop
from tools.fleet.access.actor import Actor, Role
from tools.fleet.store import Store

WANG = Actor("wang", Role.OPERATOR)
LI = Actor("li", Role.OPERATOR)


@pytest.fixture
def shop(terminal: str) -> Shop:
    return Shop(terminal)


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    """What is in the store; each statement sees what was committed before it."""
    engine = store.place.reading()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
    engine.dispose()
