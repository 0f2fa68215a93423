"""A durable file gives the value that was written, or says what is wrong with it; never another value."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.adapters import durable_file
from agent.binding import reasons
from agent.canonical import LARGEST_INTEGER
from agent.errors import CanonicalError, StoreError

VALUE = {"mid": "898350154110001", "name": "示例茶馆", "limit": 100_000, "flags": [True, "a\nb"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "value.json"


def code_of(path: Path) -> str:
    """The code that reading `path` is refused with."""
    with pytest.raises(StoreError) as refused:
        durable_file.read(path)
    assert str(path) in str(refused.value)
    return refused.value.code


def test_what_was_written_is_read_with_the_hash_of_the_files_bytes(path: Path) -> None:
    durable_file.write(path, VALUE)
    assert durable_file.read(path) == (VALUE, hashlib.sha256(path.read_bytes()).hexdigest())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_missing_file_is_none_and_not_an_error(path: Path) -> None:
    assert durable_file.read(path) is None


def test_every_truncation_is_refused(path: Path) -> None:
    durable_file.write(path, VALUE)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert code_of(path) == (reasons.STORE_TRUNCATED if length else reasons.STORE_EMPTY), length


def test_a_flipped_bit_at_every_byte_is_refused(path: Path) -> None:
    durable_file.write(path, VALUE)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        # Without its last two bytes a file cannot be told from one that ends early.
        expected = reasons.STORE_ALTERED if place < len(whole) - 2 else reasons.STORE_TRUNCATED
        assert code_of(path) == expected, place


@pytest.mark.parametrize(
    "content",
    [
        b"{}\n",
        b'{"sha256": 5, "value": {}}\n',
        b'{"value": {}}\n',
        b'{"sha256": "", "value": null}\n',
        b'{"sha256": "", "value": 1.5}\n',
        b'{"sha256": "", "value": {}, "more": {}}\n',
        b"\xff\xfe}\n",
        b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        b'{"sha256": "", "value": ' + b"[" * 900 + b"]" * 900 + b"}\n",
        b'{"sha256": "", "value": ' + b"9" * 5_000 + b"}\n",
    ],
)
def test_well_ended_junk_is_altered(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert code_of(path) == reasons.STORE_ALTERED


def test_a_value_under_the_checksum_of_another_is_altered(path: Path) -> None:
    durable_file.write(path, VALUE)
    wrapped = json.loads(path.read_bytes())
    wrapped["value"]["limit"] = 100_001
    path.write_text(json.dumps(wrapped) + "\n")
    assert code_of(path) == reasons.STORE_ALTERED


def test_a_folder_in_its_place_is_unreadable_and_cannot_be_replaced(path: Path) -> None:
    path.mkdir()
    assert code_of(path) == reasons.STORE_UNREADABLE
    with pytest.raises(StoreError, match="cannot be written") as refused:
        durable_file.write(path, VALUE)
    assert refused.value.code == reasons.STORE_UNREADABLE
    assert [child.name for child in path.parent.iterdir()] == [path.name]


def test_a_missing_folder_is_told_when_writing(path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written: No such file") as refused:
        durable_file.write(path.parent / "gone" / "value.json", VALUE)
    assert refused.value.code == reasons.STORE_UNREADABLE


def test_the_previous_generation_is_kept_and_no_older_one(path: Path) -> None:
    for version in (1, 2, 3):
        durable_file.write(path, {"version": version})
    assert durable_file.read(path) is not None
    kept = durable_file.read(durable_file.previous(path))
    assert kept is not None
    assert kept[0] == {"version": 2}
    assert sorted(child.name for child in path.parent.iterdir()) == ["value.json", "value.json.previous"]


def test_the_first_write_has_no_previous_generation(path: Path) -> None:
    durable_file.write(path, VALUE)
    assert [child.name for child in path.parent.iterdir()] == ["value.json"]


def test_what_a_cut_write_left_lying_is_no_hindrance(path: Path) -> None:
    durable_file.write(path, {"version": 1})
    path.with_name("value.json.new").write_text("half a li")
    path.with_name("value.json.kept").write_text("half a li")
    durable_file.write(path, {"version": 2})
    found = durable_file.read(path)
    kept = durable_file.read(durable_file.previous(path))
    assert found is not None
    assert kept is not None
    assert (found[0], kept[0]) == ({"version": 2}, {"version": 1})


def test_a_value_without_canonical_form_leaves_the_old_one(path: Path) -> None:
    durable_file.write(path, VALUE)
    with pytest.raises(CanonicalError):
        durable_file.write(path, {"amount": 1.5})
    found = durable_file.read(path)
    assert found is not None
    assert found[0] == VALUE


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
KEYS = st.text(st.characters(min_codepoint=0, max_codepoint=126), max_size=8)
VALUES = st.recursive(
    st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_any_canonical_value_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    durable_file.write(path, value)
    found = durable_file.read(path)
    assert found is not None
    assert found[0] == value
