"""Certificates that nobody renews over a link: looked at in files and at a real broker's handshake."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning import keys
from provisioning.certificates import CLIENT_DAYS, SERVER_DAYS
from tests.tools.brokers.secured import FLEET, SecuredFleet
from tests.tools.fleet.publisher import wait_until
from tools.brokers.setup import Engine
from tools.fleet.backend import Backend, Duties, Options
from tools.fleet.expiry import Seen, Watch
from tools.fleet.link import Broker
from tools.fleet.reader import Reader
from tools.fleet.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store")
    store.start()
    yield store
    store.stop()


@pytest.fixture
def fleet(short_dir: Path) -> SecuredFleet:
    return SecuredFleet(short_dir, Engine.NATS)


def after(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def watch(
    store: Store, now: str, own: Sequence[Path] = (), folders: Sequence[Path] = (), brokers: Sequence[Broker] = ()
) -> None:
    def note(seen: Sequence[Seen], complete: bool) -> None:
        store.note_certificates(seen, complete, now)

    Watch(own, folders, brokers, note, lambda: None).look()


def raised(store: Store) -> list[tuple[str, str, bool]]:
    reader = Reader(store.place.directory)
    found = [
        (alarm.kind, alarm.detail.partition(": ends at ")[0], alarm.cleared_at is None) for alarm in reader.alarms()
    ]
    reader.close()
    return found


@pytest.mark.parametrize(("days", "kinds"), [(0, 0), (CLIENT_DAYS * 2 / 3 - 1, 0), (CLIENT_DAYS * 2 / 3, 1), (999, 1)])
def test_the_backends_own_and_its_workers_are_told_once_at_two_thirds(
    store: Store, fleet: SecuredFleet, days: float, kinds: int
) -> None:
    files = [fleet.backend().certificate, fleet.backend(worker=1).certificate]
    for _ in range(2):
        watch(store, after(days), files)
    assert raised(store) == [("backend_certificate_ending", str(file), True) for file in files][: 2 * kinds]


def test_a_new_certificate_in_its_place_ends_the_alarm(store: Store, fleet: SecuredFleet) -> None:
    pair, now = fleet.backend(), after(300)
    watch(store, now, [pair.certificate])
    pair.key.unlink()
    fresh = fleet.backend()
    watch(store, after(0), [fresh.certificate])
    assert raised(store) == [("backend_certificate_ending", str(pair.certificate), False)]


def test_what_cannot_be_looked_at_ends_no_alarm(
    store: Store, fleet: SecuredFleet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch(store, after(300), [fleet.backend().certificate])
    (tmp_path / "junk.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    for wrong in (tmp_path / "none.crt", tmp_path / "junk.crt"):
        watch(store, after(300), [wrong])
        assert f"{wrong}: its certificate cannot be looked at" in caplog.text
    assert [is_open for _, _, is_open in raised(store)] == [True]


def test_a_brokers_certificate_is_seen_at_the_handshake_and_in_its_folder(
    store: Store, fleet: SecuredFleet, caplog: pytest.LogCaptureFixture
) -> None:
    folder = fleet.broker.directory
    with fleet.broker:
        broker = Broker("localhost", fleet.broker.port, fleet.authority.servers_file, fleet.backend())
        watch(store, after(SERVER_DAYS * 2 / 3 - 1), folders=[folder], brokers=[broker])
        assert raised(store) == [] and not caplog.records
        late = after(SERVER_DAYS * 2 / 3)
        watch(store, late, folders=[folder], brokers=[broker])
        both = ("broker_certificate_ending", f"{folder}, localhost:{fleet.broker.port}")
        assert raised(store) == [(*both, True)]
    watch(store, late, brokers=[broker])
    assert "its certificate cannot be looked at: Connection refused" in caplog.text
    assert raised(store) == [(*both, True)]
    watch(store, late, folders=[folder])
    assert raised(store) == [(*both, True)]


def test_one_that_has_expired_is_seen_as_well(
    store: Store, fleet: SecuredFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=SERVER_DAYS + 1)
        patch.setattr("provisioning.certificates._now", lambda: long_ago)
        key, certificate = fleet.authority.issue_server(["localhost"])
    (fleet.broker.directory / "server.key").write_bytes(key)
    (fleet.broker.directory / "server.crt").write_bytes(certificate)
    with fleet.broker:
        watch(
            store,
            after(0),
            brokers=[Broker("localhost", fleet.broker.port, fleet.authority.servers_file, fleet.backend())],
        )
    assert raised(store) == [("broker_certificate_ending", f"localhost:{fleet.broker.port}", True)]


def test_a_broker_without_encryption_has_none(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    watch(store, after(0), brokers=[Broker("127.0.0.1", 1)])
    assert raised(store) == [] and not caplog.records


def test_a_backend_looks_when_it_starts(
    fleet: SecuredFleet, tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=300)
        patch.setattr("provisioning.certificates._now", lambda: long_ago)
        pair, workers = fleet.backend(), fleet.backend(worker=1)
    with fleet.broker:
        broker = Broker("localhost", fleet.broker.port, fleet.authority.servers_file, pair)
        options = Options(tmp_path / "store", [broker], FLEET, [keys.load(key_file)])
        duties = Duties(worker_certificates=[workers.certificate])
        ready = threading.Event()
        backend = Backend(options, duties, lambda _path: ready.set())
        with ThreadPoolExecutor(1) as executor:
            running = executor.submit(backend.run)
            reader = Reader(options.directory)
            try:
                assert ready.wait(10), "the backend is up"
                wait_until(lambda: len(reader.alarms()) == 2, "the alarms")
            finally:
                backend.stop()
            running.result()
    found = [(alarm.kind, alarm.detail.partition(": ")[0]) for alarm in reader.alarms()]
    assert found == [("backend_certificate_ending", str(each.certificate)) for each in (pair, workers)]
    reader.close()
