"""Events through the real broker into the real backend: what is stored, what is acknowledged, what raises an alarm."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from provisioning import keys
from tests.tools.fleet.process import BackendProcess
from tests.tools.fleet.publisher import FLEET, Ack, Journal, Publisher, canonical, digest, state, wait_until
from tools.fleet.contract import LARGEST_PAYLOAD
from tools.fleet.rows import Alarm
from tools.fleet.store import Reader
from tools.fleet.tables import events

TEST_CARD = "6212345678901232"


def open_alarms(reader: Reader, terminal: str) -> list[tuple[str, int]]:
    return [(alarm.kind, alarm.sequence) for alarm in reader.alarms(terminal) if alarm.cleared_at is None]


def wait_for_stored(reader: Reader, terminal: str, count: int) -> None:
    wait_until(lambda: len(reader.events(terminal)) == count, f"{count} stored events of {terminal}")


def stored_up_to(reader: Reader, terminal: str) -> list[int]:
    """What may be acknowledged of each of the terminal's journals."""
    return [journal.stored_sequence for journal in reader.journals(terminal)]


def wait_for_alarm(reader: Reader, terminal: str, kind: str) -> Alarm:
    wait_until(lambda: [a for a in reader.alarms(terminal) if a.kind == kind], f"an alarm {kind}")
    return next(a for a in reader.alarms(terminal) if a.kind == kind)


def test_events_in_order_are_stored_and_acknowledged(
    publisher: Publisher, journal: Journal, reader: Reader, key_file: Path, public_key: Ed25519PublicKey
) -> None:
    entries = [journal.add(kind=kind) for kind in ("boot.started", "sale.approved", "jump.mid") * 10]
    publisher.send_entries(journal, *entries)
    ack = publisher.wait_for_ack(30)
    ack.verify(public_key)
    assert {name: ack.document[name] for name in ack.document if name not in ("counter", "signature")} == {
        "format": "jumpguard.ack/1",
        "fleet": FLEET,
        "terminal": journal.terminal,
        "journal_id": journal.journal_id,
        "sequence": 30,
        "head_hash": digest(entries[-1]),
        "key_id": keys.load(key_file).id,
    }
    stored = reader.events(journal.terminal)
    assert [event.entry.encode() for event in stored] == [canonical(entry) for entry in entries]
    assert [event.hash for event in stored] == [digest(entry) for entry in entries]
    assert reader.alarms(journal.terminal) == []


def test_the_broker_may_forget_what_is_stored(publisher: Publisher, journal: Journal) -> None:
    # Without a PUBACK nats-server stops after its `max_ack_pending`, 1024 messages by default.
    for sequence in (500, 1000, 1100):
        publisher.send_entries(journal, *[journal.add() for _ in range(len(journal.entries), sequence)])
        publisher.wait_for_ack(sequence)


def test_a_reader_cannot_change_the_store(reader: Reader) -> None:
    engine = reader.place.reading()
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(delete(events))
    engine.dispose()


def test_an_altered_acknowledgement_does_not_verify(
    publisher: Publisher, journal: Journal, public_key: Ed25519PublicKey
) -> None:
    publisher.send_entries(journal, journal.add())
    ack = publisher.wait_for_ack(1)
    ack.verify(public_key)
    with pytest.raises(InvalidSignature):
        Ack(ack.document | {"sequence": 2}).verify(public_key)


def test_a_repeated_event_is_stored_once_and_acknowledged_again(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    entries = [journal.add() for _ in range(3)]
    publisher.send_entries(journal, *entries)
    before = publisher.wait_for_ack(3)
    publisher.send_entries(journal, entries[1])
    ack = publisher.wait_for_ack(1)
    assert (ack.sequence, ack.document["head_hash"]) == (3, digest(entries[2]))
    assert ack.document["counter"] > before.document["counter"]
    assert [event.sequence for event in reader.events(journal.terminal)] == [1, 2, 3]
    assert reader.alarms(journal.terminal) == []


def test_nothing_beyond_a_gap_is_acknowledged_until_it_is_filled(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    entries = [journal.add() for _ in range(5)]
    publisher.send_entries(journal, entries[0], entries[2], entries[4])
    wait_for_stored(reader, journal.terminal, 3)
    assert stored_up_to(reader, journal.terminal) == [1]

    publisher.send_entries(journal, entries[1])
    assert publisher.wait_for_ack(2).sequence == 3
    publisher.send_entries(journal, entries[3])
    assert publisher.wait_for_ack(4).sequence == 5
    assert reader.alarms(journal.terminal) == []


@pytest.mark.parametrize("good", [0, 1, 3])
def test_an_entry_that_does_not_name_the_one_before_is_set_aside_and_its_place_is_free(
    publisher: Publisher, journal: Journal, reader: Reader, good: int
) -> None:
    entries = [journal.add() for _ in range(good + 2)]
    wrong = entries[good] | {"previous": "ab" * 32}
    publisher.send_entries(journal, *entries[:good], wrong, entries[good + 1])
    wait_until(lambda: reader.strays(journal.terminal), "set aside")
    assert open_alarms(reader, journal.terminal)[0] == ("chain_break", good + 1)
    assert stored_up_to(reader, journal.terminal) == [good]
    assert [stray.hash for stray in reader.strays(journal.terminal)] == [digest(wrong)]

    publisher.send_entries(journal, entries[good], entries[good + 1])
    assert publisher.wait_for_ack(good + 2).document["head_hash"] == digest(entries[-1])
    assert [event.hash for event in reader.events(journal.terminal)] == [digest(entry) for entry in entries]


def test_a_known_terminal_with_another_journal_raises_an_alarm(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    publisher.send_entries(journal, journal.add())
    publisher.wait_for_ack(1)
    assert reader.alarms(journal.terminal) == []
    other = Journal(journal.terminal)
    publisher.send_entries(other, other.add())
    assert publisher.wait_for_ack(1).document["journal_id"] == other.journal_id
    (alarm,) = reader.alarms(journal.terminal)
    assert (alarm.kind, alarm.journal_id) == ("new_journal", other.journal_id)
    assert journal.journal_id in alarm.detail
    assert len(reader.journals(journal.terminal)) == 2


def test_a_forged_envelope_is_refused_and_the_true_one_taken(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    entry = journal.add()
    publisher.send("event", journal.event(entry, source=f"jumpguard/1/{FLEET}/JG-OTHER-0001"))
    publisher.send("event", journal.event(entry, data=entry | {"kind": "sale.declined"}))
    publisher.send("event", journal.event(entry, extension="kept out of the way"))
    publisher.wait_for_ack(1)
    assert [event.hash for event in reader.events(journal.terminal)] == [digest(entry)]
    refused = [(r.reason, r.count) for r in reader.refusals() if r.topic == publisher.topic("event")]
    assert refused == [("event: source is not that of the topic", 1), ("event: type is not that of its data", 1)]


def _nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


GARBAGE: list[bytes] = [
    b"",
    b"\x00\xff\xfe",
    b"\xff\xfe{\x00}\x00",
    b"null",
    b"[]",
    b'"text"',
    b'{"a":NaN}',
    b'{"state":"online","state":"lost"}',
    TEST_CARD.encode(),
    f'{{"{TEST_CARD}":'.encode(),
    b"9" * 5000,
    b"[" * 60_000,
    _nested(400),
    _nested(10_000),
    b'{"data":' + b"1" * 5000 + b"}",
    b'{"n":1e999}',
]


# nats-server lets these pass as topic levels; a space it refuses itself.
NO_NAMES = ("名", "x" * 65, "x" * 20_000, "';drop.table.events", "a_b", "\ufeff")


def test_garbage_on_every_topic_is_counted_and_nothing_of_it_is_kept(
    publisher: Publisher, journal: Journal, reader: Reader, backend: BackendProcess
) -> None:
    for channel in ("event", "state", "info", "vitals", "config/reported"):
        for payload in GARBAGE:
            publisher.send_raw(publisher.topic(channel), payload)
    for name in NO_NAMES:
        publisher.send_raw(f"jumpguard/1/{FLEET}/{name}/event", TEST_CARD.encode())
    publisher.send_entries(journal, journal.add())
    publisher.wait_for_ack(1)

    def refused(topic: str) -> int:
        return sum(refusal.count for refusal in reader.refusals() if refusal.topic == topic)

    wait_until(lambda: refused(publisher.topic("event")) == len(GARBAGE), "every event refused")
    wait_until(lambda: refused(publisher.topic("state")) == len(GARBAGE), "every state refused")
    wait_until(lambda: refused(f"jumpguard/1/{FLEET}/?") == len(NO_NAMES), "names that are none refused")
    for file in backend.directory.iterdir():
        assert TEST_CARD.encode() not in file.read_bytes(), file
    assert TEST_CARD not in backend.log.read_text()


def test_a_terminal_of_another_version_of_the_contract_is_refused_clearly(
    publisher: Publisher, reader: Reader, terminal: str
) -> None:
    publisher.send_raw(f"jumpguard/2/{FLEET}/{terminal}/state", canonical(state("online", 1)), retain=True)
    reason = "topic: of another version of the contract; this backend speaks version 1"
    wait_until(lambda: reason in [refusal.reason for refusal in reader.refusals()], "refused by its version")
    assert terminal not in [known.terminal for known in reader.terminals()]


def test_a_payload_of_the_largest_size_is_taken_and_one_byte_more_refused(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    entry = journal.add(body={"text": ""})
    filled = len(canonical(journal.event(entry)))
    entry["body"]["text"] = "x" * (LARGEST_PAYLOAD - filled + 1)
    publisher.send_raw(publisher.topic("event"), canonical(journal.event(entry)))
    entry["body"]["text"] = entry["body"]["text"][1:]
    publisher.send_raw(publisher.topic("event"), canonical(journal.event(entry)))
    publisher.wait_for_ack(1)
    assert [event.hash for event in reader.events(journal.terminal)] == [digest(entry)]
    assert [r.reason for r in reader.refusals() if r.topic == publisher.topic("event")] == [
        "payload: larger than 65536 bytes"
    ]
