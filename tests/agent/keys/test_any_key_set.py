"""Whatever comes where a key set should: a set, or a refusal in our own words; and core and contract take the same."""

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import KeySetError, RefusedMessageError
from agent.keys.key_set import parse
from agent.keys.rotation import Rotation
from agent.report.topics import KEYS
from tests.contract.mutants import mutants
from tests.leaks.strategies import JSON
from tests.portable.ports.binding import MemoryRing, signed_set
from tests.portable.ports.journal import MemoryJournal
from tools.contract import document
from tools.contract.validator import validator
from tools.fleet.contract import json_object
from tools.fleet.errors import ContractError

SCHEMA = f"{document.PATH.parent.as_uri()}/schemas/keys.yaml#/set"
BEYOND = ("key set: for another fleet", "key set: it names a key twice")
SIGNED: dict[str, Any] = signed_set(2)


def document_takes(signed: object) -> bool:
    try:
        return validator(SCHEMA).is_valid(json_object(json.dumps(signed).encode()))
    except ContractError:
        return False


@given(JSON | mutants(SIGNED))
@settings(max_examples=400)
def test_any_object_is_a_key_set_or_a_key_set_error(signed: object) -> None:
    try:
        found = parse(signed, "demo")
    except KeySetError as error:
        assert str(error).startswith("key set: ")
        return
    assert found.version >= 1 and found.keys
    # The signature's form only the root's check tells.
    assert document_takes({"document": found.signed["document"], "signature": "ab" * 64})


@given(mutants(SIGNED["document"]))
@settings(max_examples=400)
def test_the_core_takes_what_the_contract_does(content: "dict[str, Any]") -> None:
    signed = {"document": content, "signature": "ab" * 64}
    try:
        parse(signed, "demo")
    except KeySetError as error:
        # Which fleet it is for, and that an id stands there twice, is beyond a schema.
        assert not document_takes(signed) or str(error) in BEYOND
        return
    assert document_takes(signed)


@given(st.binary(max_size=60) | (JSON | mutants(SIGNED)).map(lambda content: json.dumps(content).encode()))
@settings(max_examples=300)
def test_whatever_is_not_what_the_root_signed_changes_nothing(payload: bytes) -> None:
    async def scenario() -> None:
        journal, ring = MemoryJournal(), MemoryRing()
        rotation = Rotation(journal, ring)
        await rotation.start()
        try:
            await rotation.heard(KEYS, payload)
        except RefusedMessageError as error:
            assert str(error).startswith("key set: ")
            assert (ring.version, ring.taken, len(journal.entries)) == (1, [], 1)
        else:
            assert json.loads(payload) == SIGNED

    asyncio.run(scenario())
