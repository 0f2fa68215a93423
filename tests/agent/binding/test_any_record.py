"""Whatever stands where a signed binding should: a binding, or a BindingError that names the field."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.binding.install import install
from agent.binding.record import Binding, parse
from agent.canonical import encode
from agent.errors import BindingError, CanonicalError
from tests.leaks.strategies import JSON, TEXTS
from tests.portable.ports.binding import SERIAL, SIGNER, KnownKeys, MemoryMark, MemoryStore, document

FIELDS = st.sampled_from(sorted(document()))
VALUES = JSON | st.dictionaries(TEXTS, JSON, max_size=2)
CHANGES = st.dictionaries(FIELDS, VALUES, min_size=1, max_size=2) | st.dictionaries(TEXTS, VALUES, max_size=2)
DOCUMENTS = JSON | CHANGES.map(lambda changes: document() | changes)


@given(DOCUMENTS)
@settings(max_examples=300)
def test_any_document_is_a_binding_or_a_binding_error(given_document: object) -> None:
    try:
        binding = parse(given_document)
    except BindingError as error:
        assert str(error).startswith("binding")
        return
    assert isinstance(binding, Binding) and binding.limit >= 1 and binding.valid_from < binding.valid_to


@given(CHANGES, st.sampled_from([SERIAL, "JG-OTHER-0001"]))
@settings(max_examples=200)
def test_any_signed_document_is_installed_or_refused_and_then_nothing_is_written(
    changes: "dict[str, object]", serial: str
) -> None:
    store, mark, keys = MemoryStore(), MemoryMark(), KnownKeys()
    signed = document() | changes
    try:
        signature = keys.sign("binding", SIGNER, encode(signed))
    except CanonicalError:
        signature = b""
    try:
        binding = install(signed, SIGNER, signature, serial, store, mark, keys)
    except BindingError as error:
        assert str(error).startswith("binding") and store.read() is None and mark.read() is None
        return
    stored = store.read()
    assert stored is not None and json.dumps(stored.document) == json.dumps(signed)
    assert (binding.serial, mark.read()) == (serial, binding.version)
