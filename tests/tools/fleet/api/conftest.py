"""The REST API over a store of the module's own, with a user of each role and a terminal that has told something."""

from collections.abc import Iterator

import pytest

from tests.tools.fleet.access.people import add_people
from tests.tools.fleet.api.program import HOSTILE, TERMINAL, Program
from tests.tools.fleet.intake import events, greeting
from tests.tools.fleet.publisher import FLEET, Journal, utc
from tools.fleet.contract import parse
from tools.fleet.open_store import OpenStore
from tools.fleet.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenStore]:
    backend = Store(tmp_path_factory.mktemp("store"))
    backend.start()
    journal = Journal(TERMINAL)
    for kind in ("agent.started", "jump.detected", "agent.stopped"):
        journal.add(kind=kind, body={"note": HOSTILE})
    vitals = parse(f"jumpguard/1/{FLEET}/{TERMINAL}/vitals", b'{"load1_milli": 40}', FLEET)
    backend.take([greeting(journal), vitals, *events(journal, 1, 2, 3)], utc())
    backend.stop()
    store = OpenStore(backend.place)
    store.change(add_people)
    yield store
    store.close()


@pytest.fixture(scope="module")
def program(store: OpenStore) -> Iterator[Program]:
    with Program(store) as program:
        yield program
