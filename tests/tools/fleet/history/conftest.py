"""A store with one terminal that tells of itself."""

import pytest

from tests.tools.fleet.history.told import Told
from tools.fleet.store import Store


@pytest.fixture
def told(store: Store, terminal: str) -> Told:
    return Told(store, terminal)
