"""Journal entries and the events in which they travel: bytes that anyone can compute again."""

import json

from agent.canonical import encode, sha256_hex
from agent.errors import CanonicalError
from agent.journal.entry import GENESIS, Entry, Record, Stamp, chain
from agent.report.events import cloud_event, padded
from agent.report.topics import EVENT_ACK, STATE, Topics
from tests.portable.helpers import raises

JOURNAL = "00112233445566778899aabbccddeeff"
STAMP = Stamp("2026-11-23T03:04:05.678Z", "synced", "boot-1", 12_345)


def first() -> Entry:
    return chain(JOURNAL, 1, GENESIS, Record("sale.finished", {"sale": "s1", "name": "星河"}), STAMP)


def test_an_entry_is_these_very_bytes() -> None:
    entry = first()
    assert entry.data.decode() == (
        '{"body":{"name":"星河","sale":"s1"},"boot_id":"boot-1","clock":"synced",'
        '"journal_id":"00112233445566778899aabbccddeeff","kind":"sale.finished","monotonic_ms":12345,'
        '"previous":"0000000000000000000000000000000000000000000000000000000000000000","sequence":1,'
        '"time":"2026-11-23T03:04:05.678Z"}'
    )
    assert entry.digest == "f6f3c664e01b8324c882b176e9a60ec45ba557411af1328b2abd5f33d918ff29"
    assert (entry.sequence, entry.kind, entry.body) == (1, "sale.finished", {"sale": "s1", "name": "星河"})


def test_each_entry_carries_the_hash_of_the_one_before() -> None:
    one = first()
    two = chain(JOURNAL, 2, one.digest, Record("terminal.stopped", {}), STAMP)
    assert one.fields["previous"] == "0" * 64
    assert two.fields["previous"] == one.digest == sha256_hex(one.data)
    assert two.digest == sha256_hex(encode(two.fields))


def test_every_part_of_an_entry_is_in_its_hash() -> None:
    record = Record("a.b", {"x": 1})
    plain = chain(JOURNAL, 1, GENESIS, record, STAMP).digest
    others = (
        chain("f" * 32, 1, GENESIS, record, STAMP),
        chain(JOURNAL, 2, GENESIS, record, STAMP),
        chain(JOURNAL, 1, "1" * 64, record, STAMP),
        chain(JOURNAL, 1, GENESIS, Record("a.c", {"x": 1}), STAMP),
        chain(JOURNAL, 1, GENESIS, Record("a.b", {"x": 2}), STAMP),
        chain(JOURNAL, 1, GENESIS, record, Stamp("2026-11-23T03:04:05.679Z", "synced", "boot-1", 12_345)),
        chain(JOURNAL, 1, GENESIS, record, Stamp("2026-11-23T03:04:05.678Z", "unsynced", "boot-1", 12_345)),
        chain(JOURNAL, 1, GENESIS, record, Stamp("2026-11-23T03:04:05.678Z", "synced", "boot-2", 12_345)),
        chain(JOURNAL, 1, GENESIS, record, Stamp("2026-11-23T03:04:05.678Z", "synced", "boot-1", 12_346)),
    )
    assert len({plain} | {other.digest for other in others}) == 1 + len(others)


def test_what_has_no_canonical_form_is_refused() -> None:
    for value in (None, 1.5, b"bytes", 2**53):
        error = raises(CanonicalError, chain, JOURNAL, 1, GENESIS, Record("a.b", {"x": value}), STAMP)
        assert str(error).startswith("$.body.x: ")


def test_an_event_is_the_envelope_around_the_whole_entry() -> None:
    entry = first()
    sent = cloud_event(entry, "jumpguard/1/demo/JG-DEMO-0001")
    event = json.loads(sent)
    assert encode(event) == sent, "canonical as a whole"
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": JOURNAL + "/000000000001",
        "source": "jumpguard/1/demo/JG-DEMO-0001",
        "type": "jumpguard.sale.finished",
        "time": "2026-11-23T03:04:05.678Z",
        "datacontenttype": "application/json",
        "journalid": JOURNAL,
        "sequence": "000000000001",
        "bootid": "boot-1",
        "clock": "synced",
    }
    assert data == entry.fields
    assert sha256_hex(encode(data)) == entry.digest


def test_sequences_compare_as_text() -> None:
    numbers = [1, 2, 9, 10, 99, 100, 12_345, 999_999_999_999]
    texts = [padded(number) for number in numbers]
    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {12}


def test_topics_stand_below_fleet_and_terminal() -> None:
    topics = Topics("demo", "JG-DEMO-0001")
    assert topics.source == "jumpguard/1/demo/JG-DEMO-0001"
    assert topics.of(STATE) == "jumpguard/1/demo/JG-DEMO-0001/state"
    assert topics.of(EVENT_ACK) == "jumpguard/1/demo/JG-DEMO-0001/event/ack"


def test_card_data_that_a_text_from_outside_brings_along_is_masked_before_it_is_hashed() -> None:
    more = [{"track": "x=4111111111111111", "amount": 1250}]
    body: "dict[str, object]" = {"sale": "s1", "name": "6212345678901232 Tea", "more": more}
    entry = chain(JOURNAL, 1, GENESIS, Record("a.b", body), STAMP)
    assert entry.body == {
        "sale": "s1",
        "name": "621234******1232 Tea",
        "more": [{"track": "x=411111******1111", "amount": 1250}],
    }
    assert entry.digest == sha256_hex(entry.data) == sha256_hex(encode(entry.fields))
    assert json.loads(entry.data)["body"] == entry.body
