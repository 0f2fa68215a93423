"""Several workers take a fleet's events: from nats-server's stream, and over mosquitto's shared subscription.

mosquitto with workers over TLS is in the soak; here it is a broker that lets everybody in.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tools.fleet.process import BackendProcess
from tests.tools.fleet.publisher import FLEET, Journal, Publisher, digest, wait_until
from tools.broker import Broker, free_port
from tools.cli.fleet import app
from tools.fleet.store import Reader

TERMINALS = 20
ENTRIES = 30
WORKERS = 3


class OpenMosquitto:
    """A mosquitto on loopback that lets everybody in."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._configuration = directory / "open.conf"
        self._configuration.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")

    def __enter__(self) -> "OpenMosquitto":
        self._process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(self._configuration)])
        wait_until(self._answers, "mosquitto answers")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def _answers(self) -> bool:
        assert self._process.poll() is None
        try:
            Publisher(self.port, "JG-TEST-0000").start().stop()
        except OSError:
            return False
        return True


@pytest.fixture(params=["stream", pytest.param("share", marks=pytest.mark.sweep)])
def backend(request: pytest.FixtureRequest, tmp_path: Path, key_file: Path) -> Iterator[BackendProcess]:
    """A backend with workers, which shall end in good order."""
    with Broker(tmp_path / "broker") if request.param == "stream" else OpenMosquitto(tmp_path) as broker:
        stream = ["--stream", f"127.0.0.1:{broker.events_port}"] if isinstance(broker, Broker) else []
        backend = BackendProcess(tmp_path / "fleet", broker.port, key_file, "--workers", str(WORKERS), *stream)
        yield backend.start()
        if backend.is_alive():
            assert backend.terminate() == 0, backend.log.read_text()


@pytest.fixture
def reader(backend: BackendProcess) -> Iterator[Reader]:
    reader = backend.reader()
    yield reader
    reader.close()


def workers(backend: BackendProcess) -> list[int]:
    """The process ids of the backend's workers."""
    threads = Path(f"/proc/{backend.pid}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


def mixed(port: int, journals: list[Journal], count: int) -> None:
    """Each of `journals` says `count` more, in turns."""
    publishers = [Publisher(port, journal.terminal).start() for journal in journals]
    for _ in range(count):
        for publisher, journal in zip(publishers, journals, strict=True):
            publisher.send_entries(journal, journal.add())
    for publisher, journal in zip(publishers, journals, strict=True):
        publisher.wait_for_ack(len(journal.entries))
        publisher.stop()


def assert_whole(reader: Reader, journals: list[Journal]) -> None:
    for journal in journals:
        stored = [event.hash for event in reader.events(journal.terminal)]
        assert stored == [digest(entry) for entry in journal.entries]
    assert reader.alarms() == []


def test_the_events_of_many_terminals_are_whole_and_acknowledged(backend: BackendProcess, reader: Reader) -> None:
    journals = [Journal(f"JG-TEST-{number:04d}") for number in range(1, TERMINALS + 1)]
    assert len(workers(backend)) == WORKERS
    mixed(backend.port, journals, ENTRIES)
    assert_whole(reader, journals)


def test_each_worker_takes_a_part(backend: BackendProcess, reader: Reader) -> None:
    """With all but one of them stopped, some of what comes waits; it is stored once they go on."""
    stopped = workers(backend)[1:]
    journals = [Journal(f"JG-TEST-{number:04d}") for number in range(1, TERMINALS + 1)]
    publishers = [Publisher(backend.port, journal.terminal).start() for journal in journals]
    for worker in stopped:
        os.kill(worker, signal.SIGSTOP)
    for publisher, journal in zip(publishers, journals, strict=True):
        publisher.send_entries(journal, *(journal.add() for _ in range(3)))
    wait_until(lambda: len(reader.events()) > 0, "the one that runs takes events")
    assert len(reader.events()) < 3 * TERMINALS
    for worker in stopped:
        os.kill(worker, signal.SIGCONT)
    for publisher in publishers:
        publisher.wait_for_ack(3)
        publisher.stop()
    assert_whole(reader, journals)


def test_a_worker_that_is_killed_is_started_again_and_nothing_is_missing(
    backend: BackendProcess, reader: Reader
) -> None:
    journal = Journal("JG-TEST-0001")
    victim, *others = workers(backend)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(set(workers(backend)) - {victim}) == WORKERS, "another worker")
    mixed(backend.port, [journal], ENTRIES)
    assert_whole(reader, [journal])
    assert set(others) < set(workers(backend))
    assert "worker" in backend.log.read_text()


def test_workers_end_with_a_backend_that_is_killed(backend: BackendProcess) -> None:
    children = workers(backend)
    backend.kill()
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children), "no worker is left")


def test_workers_without_a_stream_at_nats_server_are_told_what_it_does_not_do(tmp_path: Path, key_file: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        backend = BackendProcess(tmp_path / "fleet", broker.port, key_file, "--workers", "2")
        backend.launch()
        wait_until(lambda: "--stream HOST:PORT" in backend.log.read_text(), "the remedy in the log")
        assert "delivers nothing" in backend.log.read_text()
        assert backend.terminate() == 0


def test_a_worker_without_a_backend_says_what_to_start(tmp_path: Path, key_file: Path) -> None:
    options = ["--dir", str(tmp_path / "none"), "--broker", "127.0.0.1:1883", "--fleet", FLEET, "--key", str(key_file)]
    done = CliRunner().invoke(app, ["worker", *options])
    assert done.exit_code == 1
    assert "start the backend first: jumpguard fleet ingest" in done.output


def test_a_worker_that_does_not_end_is_ended_with_the_backend(backend: BackendProcess) -> None:
    stuck, *_ = workers(backend)
    os.kill(stuck, signal.SIGSTOP)
    assert backend.process is not None
    backend.process.terminate()
    wait_until(lambda: not Path(f"/proc/{stuck}").exists(), "the stuck worker is gone")
    assert backend.wait() == 0, backend.log.read_text()
