"""The key set: what the operator root signed is trusted, and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.adapters import durable_file
from agent.adapters.trusted_keys import TrustedKeys
from agent.errors import KeySetError, StoreError
from agent.keys.key_set import ACTIVE, FORMAT, RETIRED, REVOKED
from provisioning import key_set, keys
from provisioning.keys import SigningKey
from tools.rig.files import FLEET

DATA = b"what is signed"


class KeyRing:
    """A root, a binding signer and a backend key, and the set that names the latter two."""

    def __init__(self, directory: Path) -> None:
        self.root = keys.create(directory / "root.key", keys.ROOT)
        self.signer = keys.create(directory / "binding.key", keys.BINDING)
        self.backend = keys.create(directory / "backend.key", keys.BACKEND)
        self.path = directory / "keys.json"
        self.taken = directory / "taken.json"
        halves = [key_set.public_half(self.signer, "binding"), key_set.public_half(self.backend, "backend")]
        self.first = key_set.first(self.root, FLEET, halves)
        self.write(self.first)

    def write(self, signed: object) -> None:
        self.path.write_text(json.dumps(signed))

    def trusted(self, root_public: str = "", fleet: str = FLEET) -> TrustedKeys:
        return TrustedKeys(self.path, self.taken, root_public or self.root.public_hex, fleet)

    def loaded(self, root_public: str = "", fleet: str = FLEET) -> TrustedKeys:
        trusted = self.trusted(root_public, fleet)
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
    trusted = ring.trusted()
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
    (lambda ring: ring.write([]), "no document with a signature"),
    (lambda ring: ring.write({"document": {}}), "no document with a signature"),
    (lambda ring: ring.write({"document": {"a": 1.5}, "signature": "00"}), "content not canonical"),
    (lambda ring: ring.write({"document": {}, "signature": 5}), "no document with a signature"),
    (lambda ring: ring.write({"document": {}, "signature": "zz"}), "signature is not hexadecimal"),
    (lambda ring: ring.write({"document": {}, "signature": "00"}), "not signed by the operator root"),
    (other_signature, "not signed by the operator root"),
    (version_changed, "not signed by the operator root"),
    (altered(lambda document: document.update(format="jumpguard.keys/1")), f"format is not '{FORMAT}'"),
    (altered(lambda document: document.pop("keys")), "a field is missing"),
    (altered(lambda document: document.update(keys=[5])), "a key is not one"),
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


def test_a_set_for_another_fleet_is_not_trusted(ring: KeyRing) -> None:
    assert "for another fleet" in ring.loaded(fleet="other").problem
    assert ring.loaded(fleet="other").version == 0


def test_a_set_that_was_taken_counts_at_once_and_after_the_next_start(ring: KeyRing) -> None:
    trusted = ring.loaded()
    trusted.take(trusted.prove(key_set.following(ring.root, ring.first, retired=[ring.signer.id])))
    for found in (trusted, ring.loaded()):
        assert (found.version, found.problem) == (2, "")
        assert found.standing(keys.BINDING, ring.signer.id) == RETIRED
        assert found.standing(keys.BACKEND, ring.backend.id) == ACTIVE
        # What it signed before it was retired stays proven.
        assert found.verify(keys.BINDING, ring.signer.id, signature(ring.signer), DATA) is True


def test_of_a_revoked_key_nothing_is_right_and_it_is_told_from_an_unknown_one(ring: KeyRing) -> None:
    trusted = ring.loaded()
    trusted.take(trusted.prove(key_set.following(ring.root, ring.first, revoked=[ring.signer.id])))
    assert trusted.verify(keys.BINDING, ring.signer.id, signature(ring.signer), DATA) is None
    assert trusted.standing(keys.BINDING, ring.signer.id) == REVOKED
    assert trusted.standing(keys.BINDING, "binding-00000000") == ""


def test_the_newer_of_both_files_counts(ring: KeyRing) -> None:
    second = key_set.following(ring.root, ring.first)
    durable_file.write(ring.taken, second)
    assert ring.loaded().version == 2
    ring.write(key_set.following(ring.root, second))
    assert ring.loaded().version == 3
    # A technician's file that is broken does not take away what the fleet sent; it is told.
    ring.path.write_bytes(b"")
    assert (ring.loaded().version, "no key set" in ring.loaded().problem) == (2, True)


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"whole, but no key set"])
def test_a_taken_set_that_is_damaged_leaves_nothing_trusted(ring: KeyRing, damage: bytes) -> None:
    ring.taken.write_bytes(damage)
    trusted = ring.loaded()
    assert (trusted.version, str(ring.taken) in trusted.problem) == (0, True)
    assert trusted.verify(keys.BINDING, ring.signer.id, signature(ring.signer), DATA) is None


def test_a_set_that_somebody_else_signed_is_not_proven_and_one_that_cannot_be_kept_does_not_count(
    ring: KeyRing,
) -> None:
    trusted, second = ring.loaded(), key_set.following(ring.root, ring.first, revoked=[ring.backend.id])
    for signature_by in (ring.backend, ring.signer):
        with pytest.raises(KeySetError, match="not signed by the operator root"):
            trusted.prove({**second, "signature": signature_by.sign(second["document"])})
    ring.taken.with_name("taken.json.new").mkdir()  # what the disk is to be written through
    with pytest.raises(StoreError):
        trusted.take(trusted.prove(second))
    assert (trusted.version, trusted.standing(keys.BACKEND, ring.backend.id)) == (1, ACTIVE)
