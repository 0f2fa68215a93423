"""The REST API over a store of the module's own, with a user of each role."""

from collections.abc import Iterator

import pytest

from tests.tools.fleet.access.people import add_people
from tests.tools.fleet.api.program import Program
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.schema import bring_up_to_date


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenStore]:
    place = Place(tmp_path_factory.mktemp("store"))
    engine = place.writing()
    bring_up_to_date(engine)
    with engine.begin() as connection:
        add_people(connection)
    engine.dispose()
    store = OpenStore(place)
    yield store
    store.close()


@pytest.fixture(scope="module")
def program(store: OpenStore) -> Iterator[Program]:
    with Program(store) as program:
        yield program
