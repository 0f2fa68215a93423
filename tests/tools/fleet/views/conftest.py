"""A store of each engine for all tests of a module, which only ask of it what the module put into it."""

from collections.abc import Iterator

import pytest

from tests.tools.fleet.conftest import ENGINES
from tests.tools.fleet.postgresql import READY, PostgreSQL
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.store import Store


@pytest.fixture(scope="module", params=ENGINES)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenStore]:
    directory = tmp_path_factory.mktemp("views")
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        Place(directory).name_database(server.database(READY))
    store = Store(directory)
    store.start()
    opened = OpenStore(store.place)
    yield opened
    opened.close()
    store.stop()
