"""A terminal that sends whatever it can: the others go on, and what of it was not looked at is counted."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning import keys
from tests.tools.fleet.intake import Out, message
from tests.tools.fleet.publisher import FLEET, Journal, Publisher, wait_until
from tools.broker import Broker
from tools.fleet.checkpoints import Checkpoints
from tools.fleet.ingest import Ingest
from tools.fleet.reader import Reader
from tools.fleet.signers import Signers
from tools.fleet.store import Store
from tools.fleet.waiting import FLOOD, MOST_OF_A_TERMINAL

TOO_MANY = 20_000


@pytest.fixture
def ingest(store: Store, key_file: Path) -> Iterator[Ingest]:
    """One that has not begun to write."""
    ingest = Ingest(store, FLEET, Signers([keys.load(key_file)]), Checkpoints(None), None, lambda: None)
    yield ingest
    ingest.stop()


def test_more_than_a_terminal_may_have_waiting_is_let_go_of_and_counted(store: Store, ingest: Ingest) -> None:
    line, other = Out(), Journal("JG-TEST-0002")
    for name, count in (("JG-TEST-0001", 1_200), ("no name", 1_003)):
        for _ in range(count):
            ingest.deliver(line, message(name, b"{"))
    assert line.confirmed == 203, "nobody waits for those any more"
    for _ in range(5):
        ingest.deliver(line, message(other.terminal, json.dumps(other.event(other.add())).encode()))
    ingest.start()
    ingest.stop()
    assert line.confirmed == 1_200 + 1_003 + 5
    reader = Reader(store.place.directory)
    assert [event.sequence for event in reader.events(other.terminal)] == [1, 2, 3, 4, 5]
    assert Counter({(one.topic, one.reason): one.count for one in reader.refusals()}) == {
        (f"jumpguard/1/{FLEET}/JG-TEST-0001/event", "payload: not JSON"): MOST_OF_A_TERMINAL,
        (f"jumpguard/1/{FLEET}/JG-TEST-0001", FLOOD): 200,
        (f"jumpguard/1/{FLEET}/?", "topic: a name is not 1 to 64 letters, digits and dashes"): MOST_OF_A_TERMINAL,
        (f"jumpguard/1/{FLEET}/?", FLOOD): 3,
    }
    reader.close()


def test_who_was_let_go_of_may_go_on_once_the_rest_is_stored(store: Store, ingest: Ingest) -> None:
    line, journal = Out(), Journal("JG-TEST-0001")
    events = [json.dumps(journal.event(journal.add())).encode() for _ in range(MOST_OF_A_TERMINAL + 100)]
    for event in events:
        ingest.deliver(line, message(journal.terminal, event))
    ingest.start()
    reader = Reader(store.place.directory)
    wait_until(lambda: _stored(reader) == [MOST_OF_A_TERMINAL], "what waited is stored")
    for event in events[-100:]:
        ingest.deliver(line, message(journal.terminal, event))
    ingest.stop()
    assert _stored(reader) == [len(events)]
    reader.close()


def _stored(reader: Reader) -> list[int]:
    return [journal.stored_sequence for journal in reader.journals()]


def test_what_only_the_queue_has_no_room_for_is_not_held_against_a_terminal(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.fleet.ingest.LONGEST_QUEUE", 1)
    line = Out()
    for _ in range(2 * MOST_OF_A_TERMINAL):
        ingest.deliver(line, message("JG-TEST-0001", b"{", qos=0))
    ingest.deliver(line, message("JG-TEST-0001", b"{"))
    assert line.confirmed == 0


def test_a_neighbour_is_acknowledged_while_a_terminal_floods_the_broker(
    shared_broker: Broker, publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    flooding = Publisher(shared_broker.port, f"{journal.terminal}-F").start()
    for _ in range(TOO_MANY):
        flooding.send_raw(flooding.topic("event"), b"{")
    for _ in range(3):
        publisher.send_entries(journal, journal.add())
        publisher.wait_for_ack(len(journal.entries))

    def refused() -> int:
        return sum(one.count for one in reader.refusals() if one.topic.startswith(flooding.topic("event")[:-6]))

    wait_until(lambda: refused() == TOO_MANY, "every message of the flood is counted")
    flooding.stop()
