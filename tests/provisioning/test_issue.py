"""Issuing a binding: what is well formed is signed, anything else is not."""

from pathlib import Path

import pytest

from agent.adapters.binding_store import HighWaterFile, TinyBindingStore
from agent.adapters.trusted_keys import TrustedKeys
from agent.binding.install import install
from agent.canonical import encode
from agent.errors import BindingError
from provisioning import key_set, keys
from provisioning.issue import issue
from tools.rig.files import FLEET, SERIAL, binding_document


@pytest.fixture
def signer(tmp_path: Path) -> keys.SigningKey:
    return keys.create(tmp_path / "binding.key", keys.BINDING)


def test_an_issued_binding_is_one_that_a_terminal_takes(tmp_path: Path, signer: keys.SigningKey) -> None:
    root = keys.create(tmp_path / "root.key", keys.ROOT)
    path = tmp_path / "keys.json"
    path.write_bytes(encode(key_set.first(root, FLEET, [key_set.public_half(signer, "binding")])))
    trusted = TrustedKeys(path, tmp_path / "taken.json", root.public_hex, FLEET)
    trusted.load()
    store, mark = TinyBindingStore(tmp_path / "merchant.json"), HighWaterFile(tmp_path / "mark.json")
    document = binding_document(5)
    signed = issue(document, signer)
    assert signed == {"document": document, "key_id": signer.id, "signature": signer.sign(document)}
    binding = install(document, signer.id, bytes.fromhex(str(signed["signature"])), SERIAL, store, mark, trusted)
    assert (binding.version, mark.read()) == (5, 5)
    found = store.read()
    assert found is not None
    assert found.document == document


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"mid": "short"}, "binding.mid"),
        ({"version": 0}, "binding.version"),
        ({"limit": 10.5}, "binding.limit"),
        ({"uscc": "91350100M000100Y4A"}, "binding.uscc"),
        ({"licence": "110108000000017"}, "binding.licence"),
        ({"jump_policy": "ignore"}, "binding.jump_policy"),
        ({"more": "x"}, "more unknown"),
        ({"valid_to": "2020-01-01T00:00:00Z"}, "binding.valid_to"),
    ],
)
def test_what_is_malformed_is_not_signed(signer: keys.SigningKey, change: dict[str, object], named: str) -> None:
    with pytest.raises(BindingError, match=named):
        issue({**binding_document(), **change}, signer)


def test_a_field_that_is_missing_is_not_signed(signer: keys.SigningKey) -> None:
    document = binding_document()
    del document["limit"]
    with pytest.raises(BindingError, match="limit missing"):
        issue(document, signer)
