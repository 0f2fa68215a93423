"""The document and the backend's own forms take and refuse the same messages."""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.contract.mutants import mutants
from tests.contract.sides import EVENT, SIDES

FIELDS = [(name, field) for name, sides in SIDES.items() for field in sides.good]


@pytest.mark.parametrize("name", SIDES)
def test_both_sides_know_the_same_fields(name: str) -> None:
    sides = SIDES[name]
    assert set(sides.form.__struct_fields__) == sides.fields() == set(sides.good)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_both_sides_set_the_same_limits(name: str, field: str) -> None:
    sides = SIDES[name]

    @settings(max_examples=80, deadline=None)
    @given(sides.values(field))
    def agree(value: object) -> None:
        sides.agree(sides.good | {field: value})

    agree()
    sides.agree({known: value for known, value in sides.good.items() if known != field})


@pytest.mark.parametrize("name", SIDES)
def test_both_sides_take_the_same_of_what_is_wrong_anywhere(name: str) -> None:
    sides = SIDES[name]
    verdicts = set()

    @settings(max_examples=150, deadline=None)
    @given(mutants(sides.good))
    def agree(message: dict[str, Any]) -> None:
        verdicts.add(sides.agree(message))

    agree()
    assert sides.agree(sides.good)
    assert False in verdicts


@settings(max_examples=300, deadline=None)
@given(mutants(EVENT.good))
def test_the_backend_takes_no_event_that_the_document_refuses(event: dict[str, Any]) -> None:
    """Not the other way round: that envelope and entry agree is beyond a schema."""
    assert EVENT.document_takes(event) or not EVENT.backend_takes(event)
