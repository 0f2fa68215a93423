"""One broker and one backend serve the tests that disturb neither; each test has a terminal of its own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provisioning import keys
from tests.tools.fleet.postgresql import READY, PostgreSQL
from tests.tools.fleet.process import BackendProcess
from tests.tools.fleet.publisher import Journal, Publisher
from tools.broker import Broker
from tools.fleet.place import Place
from tools.fleet.store import Reader, Store

# What a store can be kept in.
ENGINES = ("sqlite", "postgresql")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "backend.json"
    keys.create(path, keys.BACKEND)
    return path


@pytest.fixture(scope="session")
def public_key(key_file: Path) -> Ed25519PublicKey:
    return keys.load(key_file).private.public_key()


@pytest.fixture(scope="session")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A server for all tests of this worker; each has a database of its own."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="session")
def shared_backend(
    shared_broker: Broker, key_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BackendProcess]:
    process = BackendProcess(tmp_path_factory.mktemp("fleet") / "store", shared_broker.port, key_file).start()
    yield process
    assert process.terminate() == 0, process.log.read_text()


@pytest.fixture
def backend(shared_backend: BackendProcess) -> BackendProcess:
    assert shared_backend.is_alive()
    return shared_backend


@pytest.fixture
def reader(backend: BackendProcess) -> Iterator[Reader]:
    reader = backend.reader()
    yield reader
    reader.close()


@pytest.fixture(params=ENGINES)
def store_dir(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The directory of a store of the test's own, which is kept in each engine."""
    directory = tmp_path / "fleet"
    directory.mkdir()
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        Place(directory).name_database(server.database(READY))
    return directory


@pytest.fixture
def store(store_dir: Path) -> Iterator[Store]:
    """A store of the test's own, without a backend around it."""
    store = Store(store_dir)
    store.start()
    yield store
    store.stop()


@pytest.fixture
def worker(store: Store) -> Iterator[Store]:
    """The same store, as a worker has it."""
    worker = Store(store.place.directory, alone=False)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def terminal() -> str:
    return f"JG-TEST-{next(_numbers):04d}"


@pytest.fixture
def journal(terminal: str) -> Journal:
    return Journal(terminal)


@pytest.fixture
def publisher(backend: BackendProcess, terminal: str) -> Iterator[Publisher]:
    publisher = Publisher(backend.port, terminal).start()
    yield publisher
    publisher.stop()
    assert backend.is_alive(), backend.log.read_text()
