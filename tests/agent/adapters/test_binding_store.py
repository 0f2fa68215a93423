"""The merchant record in TinyDB, and the high-water mark: right, or refused with the gate's reason."""

import json
import os
from pathlib import Path

import pytest

from agent.adapters import durable_file
from agent.adapters.binding_store import HighWaterFile, TinyBindingStore
from agent.binding import reasons
from agent.errors import StoreError
from tools.rig.files import binding_document

SIGNATURE = bytes(range(64))


@pytest.fixture
def store(tmp_path: Path) -> TinyBindingStore:
    store = TinyBindingStore(tmp_path / "merchant.json")
    store.write(binding_document(), "binding-1", SIGNATURE)
    return store


def code_of(store: TinyBindingStore) -> str:
    with pytest.raises(StoreError) as refused:
        store.read()
    return refused.value.code


def test_no_file_is_no_record(tmp_path: Path) -> None:
    assert TinyBindingStore(tmp_path / "merchant.json").read() is None


def test_the_record_comes_back_with_the_digest_of_its_file(store: TinyBindingStore) -> None:
    found = store.read()
    assert found is not None
    document = binding_document()
    assert isinstance(found.document, dict)
    assert {**found.document, "valid_from": "", "valid_to": ""} == {**document, "valid_from": "", "valid_to": ""}
    assert (found.key_id, found.signature) == ("binding-1", SIGNATURE)
    assert found.digest == durable_file.digest(store.path.read_bytes())


def test_a_new_process_reads_the_same(store: TinyBindingStore) -> None:
    first, second = store.read(), TinyBindingStore(store.path).read()
    assert first is not None
    assert second is not None
    assert (first.document, first.digest) == (second.document, second.digest)


def test_another_process_changing_the_file_is_seen_at_the_next_read(store: TinyBindingStore) -> None:
    before = store.read()
    TinyBindingStore(store.path).write(binding_document(2), "binding-1", SIGNATURE)
    after = store.read()
    assert before is not None
    assert after is not None
    assert isinstance(after.document, dict)
    assert after.document["version"] == 2
    assert after.digest != before.digest


def test_a_change_that_keeps_size_and_time_is_seen(store: TinyBindingStore) -> None:
    assert store.read() is not None
    stat = store.path.stat()
    raw = store.path.read_bytes()
    store.path.write_bytes(raw.replace(b"898350154110001", b"898350154110002"))
    os.utime(store.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert store.path.stat().st_size == stat.st_size
    assert code_of(store) == reasons.STORE_ALTERED


def test_every_truncation_is_refused_also_by_a_store_that_read_it_before(store: TinyBindingStore) -> None:
    whole = store.path.read_bytes()
    assert store.read() is not None
    for length in range(len(whole)):
        store.path.write_bytes(whole[:length])
        assert code_of(store) == (reasons.STORE_TRUNCATED if length else reasons.STORE_EMPTY), length
    store.path.write_bytes(whole)
    assert store.read() is not None


def test_a_flipped_bit_at_every_byte_is_refused(store: TinyBindingStore) -> None:
    whole = store.path.read_bytes()
    for place in range(len(whole)):
        flipped = whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :]
        store.path.write_bytes(flipped)
        assert code_of(store) == (reasons.STORE_ALTERED if place < len(whole) - 2 else reasons.STORE_TRUNCATED), place


def test_a_folder_in_its_place_is_unreadable(store: TinyBindingStore) -> None:
    store.path.unlink()
    store.path.mkdir()
    assert code_of(store) == reasons.STORE_UNREADABLE


@pytest.mark.parametrize(
    "tables",
    [
        [],
        "text",
        {"binding": {"1": {}}},
        {"binding": {"1": {"document": {}, "key_id": "k"}}},
        {"binding": {"1": {"document": {}, "key_id": "k", "signature": "zz"}}},
        {"binding": {"1": {"document": {}, "key_id": "k", "signature": 7}}},
        {"binding": []},
        {"binding": {"1": 5}},
    ],
)
def test_a_rightly_summed_file_without_a_record_is_altered(store: TinyBindingStore, tables: object) -> None:
    durable_file.write(store.path, tables)
    assert code_of(store) == reasons.STORE_ALTERED


@pytest.mark.parametrize("tables", [{}, {"other": {}}, {"binding": {}}, {"binding": {"2": {"document": {}}}}])
def test_a_file_without_our_table_or_row_holds_no_record(store: TinyBindingStore, tables: object) -> None:
    durable_file.write(store.path, tables)
    assert store.read() is None


def test_the_previous_record_is_kept_beside(store: TinyBindingStore) -> None:
    store.write(binding_document(2), "binding-1", SIGNATURE)
    kept = durable_file.read(durable_file.previous(store.path))
    assert kept is not None
    tables = json.loads(json.dumps(kept[0]))
    assert tables["binding"]["1"]["document"]["version"] == 1


def test_a_broken_store_is_not_written_over_and_the_remedy_works(store: TinyBindingStore) -> None:
    store.path.write_bytes(store.path.read_bytes()[:-10])
    with pytest.raises(StoreError, match="move it away and provision the terminal again"):
        store.write(binding_document(2), "binding-1", SIGNATURE)
    store.path.rename(store.path.with_name("evidence.json"))
    store.write(binding_document(2), "binding-1", SIGNATURE)
    assert store.read() is not None


def test_the_mark_is_missing_until_it_is_advanced_and_never_falls(tmp_path: Path) -> None:
    mark = HighWaterFile(tmp_path / "high_water.json")
    assert mark.read() is None
    for version, expected in ((3, 3), (2, 3), (3, 3), (4, 4)):
        mark.advance(version)
        assert mark.read() == expected
    assert HighWaterFile(mark.path).read() == 4


def test_an_altered_mark_is_refused_and_not_replaced(tmp_path: Path) -> None:
    mark = HighWaterFile(tmp_path / "high_water.json")
    mark.advance(7)
    whole = mark.path.read_bytes()
    for broken in (b"", whole[:-1], whole.replace(b"7", b"6")):
        mark.path.write_bytes(broken)
        for use in (mark.read, lambda: mark.advance(8)):
            with pytest.raises(StoreError) as refused:
                use()
            assert refused.value.code == reasons.HIGH_WATER_ALTERED
        assert mark.path.read_bytes() == broken


@pytest.mark.parametrize("value", [7, [], {}, {"version": "7"}, {"version": True}])
def test_a_rightly_summed_file_without_a_version_is_an_altered_mark(tmp_path: Path, value: object) -> None:
    mark = HighWaterFile(tmp_path / "high_water.json")
    durable_file.write(mark.path, value)
    with pytest.raises(StoreError, match="holds no version") as refused:
        mark.read()
    assert refused.value.code == reasons.HIGH_WATER_ALTERED


def test_a_folder_in_the_place_of_the_mark_is_an_altered_mark(tmp_path: Path) -> None:
    (tmp_path / "high_water.json").mkdir()
    with pytest.raises(StoreError) as refused:
        HighWaterFile(tmp_path / "high_water.json").read()
    assert refused.value.code == reasons.HIGH_WATER_ALTERED
