"""The key set: what the operator root signed is trusted, and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.adapters.trusted_keys import FORMAT, TrustedKeys
from provisioning import keys
from provisioning.keys import SigningKey

DATA = b"what is signed"


class KeyRing:
    """A root, a binding signer and a backend key, and the set that names the latter two."""

    def __init__(self, directory: Path) -> None:
        self.root = keys.create(directory / "root.key", keys.ROOT)
        self.signer = keys.create(directory / "binding.key", keys.BINDING)
        self.backend = keys.create(directory / "backend.key", keys.BACKEND)
        self.path = directory / "keys.json"
        self.write(keys.key_set(self.root, 1, {keys.BINDING: self.signer, keys.BACKEND: self.backend}))

    def write(self, signed: object) -> None:
        self.path.write_text(json.dumps(signed))

    def loaded(self, root_public: str = "") -> TrustedKeys:
        trusted = TrustedKeys(self.path, root_public or self.root.public_hex)
        trusted.load()
        return trusted


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path)


def signature(key: SigningKey, data: bytes = DATA) -> bytes:
    return key.private.sign(data)


def test_a_signature_by_a_vouched_key_in_its_role_is_right(ring: KeyRing) -> None:
    trusted = ring.loaded()
    assert trusted.problem == ""
    assert trusted.verify(keys.BINDING, ring.signer.id, signature(ring.signer), DATA) is True
    assert trusted.verify(keys.BACKEND, ring.backend.id, signature(ring.backend), DATA) is True


def test_a_wrong_signature_is_false_and_an_unknown_key_is_none(ring: KeyRing) -> None:
    trusted = ring.loaded()
    good = signature(ring.signer)
    for bad in (signature(ring.signer, b"other"), signature(ring.backend), b"", good[:63], good + b"\0", bytes(64)):
        assert trusted.verify(keys.BINDING, ring.signer.id, bad, DATA) is False
    # A breached backend cannot bind: its key is not known in that role.
    assert trusted.verify(keys.BINDING, ring.backend.id, signature(ring.backend), DATA) is None
    assert trusted.verify(keys.BINDING, ring.root.id, signature(ring.root), DATA) is None
    assert trusted.verify(keys.BACKEND, ring.signer.id, signature(ring.signer), DATA) is None


def test_before_it_is_loaded_nothing_is_trusted(ring: KeyRing) -> None:
    trusted = TrustedKeys(ring.path, ring.root.public_hex)
    assert trusted.verify(keys.BINDING, ring.signer.id, signature(ring.signer), DATA) is None


def altered(change: Callable[[dict[str, object]], object]) -> Callable[[KeyRing], None]:
    """Signs a changed document by the root, as a faulty tool would."""

    def apply(ring: KeyRing) -> None:
        document = json.loads(ring.path.read_text())["document"]
        change(document)
        ring.write({"document": document, "signature": ring.root.sign(document)})

    return apply


def other_signature(ring: KeyRing) -> None:
    document = json.loads(ring.path.read_text())["document"]
    ring.write({"document": document, "signature": ring.signer.sign(document)})


def version_changed(ring: KeyRing) -> None:
    signed = json.loads(ring.path.read_text())
    signed["document"]["version"] = 2
    ring.write(signed)


def folder_instead(ring: KeyRing) -> None:
    ring.path.unlink()
    ring.path.mkdir()


BROKEN: list[tuple[Callable[[KeyRing], object], str]] = [
    (lambda ring: ring.path.unlink(), "cannot be read: No such file"),
    (folder_instead, "cannot be read: Is a directory"),
    (lambda ring: ring.path.write_bytes(b""), "no key set"),
    (lambda ring: ring.path.write_bytes(ring.path.read_bytes()[:-5]), "no key set"),
    (lambda ring: ring.path.write_bytes(b"\xff\xff"), "no key set"),
    (lambda ring: ring.path.write_bytes(b"[" * 100_000), "no key set"),
    (lambda ring: ring.write([]), "no key set"),
    (lambda ring: ring.write({"document": {}}), "no key set"),
    (lambda ring: ring.write({"document": {"a": 1.5}, "signature": "00"}), "no key set"),
    (lambda ring: ring.write({"document": {}, "signature": 5}), "no key set"),
    (lambda ring: ring.write({"document": {}, "signature": "zz"}), "no key set"),
    (lambda ring: ring.write({"document": {}, "signature": "00"}), "not signed by the operator root"),
    (other_signature, "not signed by the operator root"),
    (version_changed, "not signed by the operator root"),
    (altered(lambda document: document.update(format="other/1")), f"format 'other/1' is not '{FORMAT}'"),
    (altered(lambda document: document.pop("keys")), "no key set"),
    (altered(lambda document: document.update(keys=[5])), "no key set"),
    (altered(lambda document: document.update(keys=[{"id": "a", "role": "binding"}])), "no key set"),
    (altered(lambda document: document.update(keys=[{"id": "a", "role": "b", "public": "00"}])), "no key set"),
]


@pytest.mark.parametrize(("breaking", "problem"), BROKEN)
def test_a_set_that_does_not_check_trusts_nothing_and_says_why(
    ring: KeyRing, breaking: Callable[[KeyRing], object], problem: str
) -> None:
    breaking(ring)
    trusted = ring.loaded()
    assert problem in trusted.problem
    assert str(ring.path) in trusted.problem
    assert trusted.verify(keys.BINDING, ring.signer.id, signature(ring.signer), DATA) is None


def test_a_set_of_another_operator_is_not_trusted(ring: KeyRing, tmp_path: Path) -> None:
    stranger = keys.create(tmp_path / "stranger.key", keys.ROOT)
    assert "not signed by the operator root" in ring.loaded(stranger.public_hex).problem


def test_loading_again_forgets_the_keys_of_before(ring: KeyRing) -> None:
    trusted = ring.loaded()
    whole = ring.path.read_bytes()
    ring.path.write_bytes(b"")
    trusted.load()
    assert trusted.verify(keys.BINDING, ring.signer.id, signature(ring.signer), DATA) is None
    ring.path.write_bytes(whole)
    trusted.load()
    assert trusted.problem == ""
    assert trusted.verify(keys.BINDING, ring.signer.id, signature(ring.signer), DATA) is True
