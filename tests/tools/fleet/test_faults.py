"""Broker and backend are killed at the worst moments: nothing is lost and nothing is there twice."""

import resource
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest

from tests.tools.fleet.process import BackendProcess, Tap
from tests.tools.fleet.publisher import INFO, Journal, Publisher, digest, state, wait_until
from tools.broker import Broker, free_port

TERMINAL = "JG-TEST-0001"


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def own_backend(own_broker: Broker, tmp_path: Path, key_file: Path) -> Iterator[BackendProcess]:
    backend = BackendProcess(tmp_path / "fleet", own_broker.port, key_file)
    yield backend
    if backend.is_alive():
        assert backend.terminate() == 0, backend.log.read_text()


@pytest.fixture
def journal() -> Journal:
    return Journal(TERMINAL)


class Sender:
    """A terminal with an outbox: sends again from the last acknowledgement when the link or an answer is missing."""

    def __init__(self, port: int, journal: Journal) -> None:
        self.port = port
        self.journal = journal
        self.acknowledged = 0

    def send_up_to(self, sequence: int) -> None:
        """Return once the backend has acknowledged `sequence`."""
        attempts = 0
        while self.acknowledged < sequence:
            attempts += 1
            assert attempts < 100, f"acknowledged {self.acknowledged} of {sequence}"
            publisher = Publisher(self.port, self.journal.terminal)
            try:
                publisher.start()
            except (OSError, Empty):
                continue
            publisher.send_entries(self.journal, *self.journal.entries[self.acknowledged : sequence])
            self._hear(publisher, sequence)
            publisher.stop()

    def _hear(self, publisher: Publisher, sequence: int) -> None:
        while self.acknowledged < sequence and not publisher.lost:
            try:
                self.acknowledged = max(self.acknowledged, publisher.acks.get(timeout=1.0).sequence)
            except Empty:
                return


def assert_whole(backend: BackendProcess, journal: Journal) -> None:
    """The store holds exactly the journal, and nothing looked wrong on the way."""
    reader = backend.reader()
    stored = reader.events(journal.terminal)
    assert [event.hash for event in stored] == [digest(entry) for entry in journal.entries]
    assert [known.stored_sequence for known in reader.journals(journal.terminal)] == [len(journal.entries)]
    assert [alarm for alarm in reader.alarms() if alarm.kind != "gap" or alarm.cleared_at is None] == []
    reader.close()


def test_a_broker_killed_in_the_stream_loses_and_doubles_nothing(
    own_broker: Broker, own_backend: BackendProcess, journal: Journal
) -> None:
    own_backend.start()
    for _ in range(600):
        journal.add()
    sender = Sender(own_broker.port, journal)
    sender.send_up_to(100)
    publisher = Publisher(own_broker.port, TERMINAL).start()
    publisher.send_entries(journal, *journal.entries[100:500])
    publisher.wait_for_ack(101)
    own_broker.kill()
    publisher.stop()
    own_broker.start()
    sender.send_up_to(600)
    assert_whole(own_backend, journal)


def test_a_backend_killed_between_commit_and_acknowledgement_acknowledges_later(
    own_broker: Broker, own_backend: BackendProcess, journal: Journal
) -> None:
    tap = Tap(own_broker.port).start()
    own_backend.start(tap.port)
    publisher = Publisher(own_broker.port, TERMINAL).start()
    publisher.send_entries(journal, journal.add())
    publisher.wait_for_ack(1)

    tap.mute.set()
    publisher.send_entries(journal, *[journal.add() for _ in range(20)])
    reader = own_backend.reader()
    wait_until(lambda: len(reader.events()) == 21, "committed")
    own_backend.kill()
    tap.stop()
    assert publisher.acks.empty()

    own_backend.start()
    publisher.send_entries(journal, journal.entries[1])
    ack = publisher.wait_for_ack(1)
    assert (ack.sequence, ack.document["head_hash"]) == (21, digest(journal.entries[-1]))
    publisher.stop()
    assert_whole(own_backend, journal)


def test_what_comes_while_no_backend_runs_waits_at_the_broker(
    own_broker: Broker, own_backend: BackendProcess, journal: Journal
) -> None:
    own_backend.start()
    assert own_backend.terminate() == 0, own_backend.log.read_text()
    publisher = Publisher(own_broker.port, TERMINAL).start()
    publisher.send_entries(journal, *[journal.add() for _ in range(50)])
    own_backend.start()
    publisher.wait_for_ack(50)
    publisher.stop()
    assert_whole(own_backend, journal)


def test_a_terminal_that_is_online_hears_what_is_stored_when_a_backend_starts(
    own_broker: Broker, own_backend: BackendProcess, journal: Journal
) -> None:
    own_backend.start()
    publisher = Publisher(own_broker.port, TERMINAL).start()
    publisher.send("state", state("online", 1) | {"journal_id": journal.journal_id}, retain=True)
    publisher.send_entries(journal, *[journal.add() for _ in range(3)])
    before = publisher.wait_for_ack(3)
    assert own_backend.terminate() == 0, own_backend.log.read_text()
    own_backend.start()
    after = publisher.wait_for_ack(3)  # the terminal says nothing, and begins no new session
    assert after.document["counter"] > before.document["counter"]
    publisher.stop()


def test_what_the_broker_repeats_to_a_restarted_backend_is_no_news(
    own_broker: Broker, own_backend: BackendProcess
) -> None:
    reader = own_backend.start().reader()
    publisher = Publisher(own_broker.port, TERMINAL).start()

    def is_known(presence: str) -> bool:
        return any(known.presence == presence and known.info for known in reader.terminals())

    publisher.send("info", INFO, retain=True)
    publisher.send("state", state("lost", 1), retain=True)
    wait_until(lambda: is_known("lost"), "lost")
    publisher.send("vitals", {"uptime_s": 48})
    wait_until(lambda: is_known("online"), "alive again")
    before = reader.terminals()
    assert own_backend.terminate() == 0

    own_backend.start()
    publisher.send("state", {})  # refused, which shows that what was retained before it was taken
    publisher.send("info", [])
    wait_until(lambda: len(reader.refusals()) == 2, "the refusals")
    assert reader.terminals() == before
    publisher.stop()
    reader.close()


def test_a_backend_that_cannot_write_ends_without_letting_go_of_anything(
    own_broker: Broker, own_backend: BackendProcess, journal: Journal
) -> None:
    own_backend.start()
    publisher = Publisher(own_broker.port, TERMINAL).start()
    publisher.send_entries(journal, journal.add())
    publisher.wait_for_ack(1)
    # Any write that would make a file longer than this now fails, as on a full disk.
    resource.prlimit(own_backend.pid, resource.RLIMIT_FSIZE, (4096, 4096))
    publisher.send_entries(journal, *[journal.add() for _ in range(20)])
    assert own_backend.wait() == 1
    assert "cannot be written" in own_backend.log.read_text()
    assert publisher.acks.empty()

    own_backend.start()
    publisher.wait_for_ack(21)  # nobody sends again but the broker, which had no PUBACK
    publisher.stop()
    assert_whole(own_backend, journal)


def test_a_second_backend_on_the_same_store_is_refused(own_backend: BackendProcess) -> None:
    own_backend.start()
    second = BackendProcess(own_backend.directory, own_backend.port, own_backend.key)
    second.launch()
    try:
        assert second.first_line() == ""
        assert second.wait() == 1
        assert "another backend writes" in own_backend.log.read_text()
    finally:
        if second.is_alive():
            second.kill()
    assert own_backend.is_alive()


def test_a_backend_goes_on_to_the_next_node_of_the_broker(
    own_broker: Broker, own_backend: BackendProcess, journal: Journal
) -> None:
    nobody = free_port()
    own_backend.start(nobody, own_broker.port)
    assert f"broker 127.0.0.1:{nobody} cannot be reached" in own_backend.log.read_text()
    journal.add()
    Sender(own_broker.port, journal).send_up_to(1)
    assert_whole(own_backend, journal)


def test_a_backend_waits_for_a_broker_that_is_not_there_yet(
    own_broker: Broker, own_backend: BackendProcess, journal: Journal
) -> None:
    own_broker.stop()
    own_backend.launch()
    wait_until(lambda: "cannot be reached" in own_backend.log.read_text(), "a complaint")
    own_broker.start()
    assert own_backend.first_line() != ""
    journal.add()
    Sender(own_broker.port, journal).send_up_to(1)
    assert_whole(own_backend, journal)
