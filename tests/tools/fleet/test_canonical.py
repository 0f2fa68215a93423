"""The backend's canonical bytes are those of the terminals, and it refuses what they refuse."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.canonical import encode
from agent.errors import CanonicalError
from tools.fleet.canonical import Float, canonical

TEXTS = st.text() | st.sampled_from(["null", "1" * 16, '"', "\\", "\x7f", "\x00", "\ud800", "é", "店", '":', "a"])
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers() | st.integers(-9, 9) | st.none() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def outcome(encoder: object, value: object) -> bytes | None:
    assert callable(encoder)
    try:
        found = encoder(value)
    except CanonicalError:
        return None
    assert isinstance(found, bytes)
    return found


@given(VALUES)
def test_they_are_the_same_for_any_value_that_json_can_spell(value: object) -> None:
    read = json.loads(json.dumps(value), parse_float=Float)
    assert outcome(canonical, read) == outcome(encode, read)


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        [1.0],
        {"a": None},
        {"é": 1},
        {"a": {"店": "店"}},
        {"\x7f": 1},
        2**53,
        -(2**53),
        2**64,
        "\ud800",
        {"a": "\udfff"},
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical(json.loads(json.dumps(value), parse_float=Float))


@pytest.mark.parametrize("value", [2**53 - 1, {"b": "店", "a": ["é", "null", "1" * 20]}, '"\\\n\x1f', {"": ""}])
def test_what_has_one_is_taken(value: object) -> None:
    assert canonical(value) == encode(value)


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    began = time.process_time()
    canonical({"a": "店" * 500_000})
    assert time.process_time() - began < 1
