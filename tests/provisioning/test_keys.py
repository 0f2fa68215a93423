"""Signing keys: made once, readable by their owner alone, never quoted."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.canonical import encode
from provisioning import keys
from provisioning.errors import KeyFileError

PRIVATE = "11" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "binding.key"


def write(path: Path, content: bytes, mode: int = 0o600) -> None:
    path.write_bytes(content)
    path.chmod(mode)


def test_a_created_key_is_loaded_again_and_signs_alike(path: Path) -> None:
    created = keys.create(path, keys.BINDING)
    loaded = keys.load(path)
    assert (loaded.id, loaded.public_hex) == (created.id, created.public_hex)
    assert loaded.sign({"a": 1}) == created.sign({"a": 1})
    assert created.id.startswith("binding-")
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_mode_holds_under_any_umask(path: Path) -> None:
    umask = os.umask(0)
    try:
        keys.create(path, keys.BINDING)
    finally:
        os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_signature_is_over_the_canonical_bytes(path: Path) -> None:
    key = keys.create(path, keys.BINDING)
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_hex))
    signature = bytes.fromhex(key.sign({"b": 1, "a": "茶"}))
    public.verify(signature, encode({"a": "茶", "b": 1}))
    with pytest.raises(InvalidSignature):
        public.verify(signature, encode({"a": "茶", "b": 2}))


def test_two_keys_are_never_the_same(tmp_path: Path) -> None:
    made = {keys.create(tmp_path / f"{n}.key", keys.BACKEND).id for n in range(8)}
    assert len(made) == 8


def test_an_existing_key_is_not_written_over(path: Path) -> None:
    keys.create(path, keys.BINDING)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="there already; name another one"):
        keys.create(path, keys.BINDING)
    assert path.read_bytes() == before


def test_a_key_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be written: No such file"):
        keys.create(tmp_path / "gone" / "a.key", keys.BINDING)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_may_reach_is_refused(path: Path, mode: int) -> None:
    keys.create(path, keys.BINDING)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="others may read it"):
        keys.load(path)


def test_a_missing_key_is_told(path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read: No such file"):
        keys.load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        PRIVATE.encode(),
        b"\xff\xff",
        json.dumps({"id": "a", "private": PRIVATE[2:]}).encode(),
        json.dumps({"id": "a", "private": PRIVATE[:-2] + "zz"}).encode(),
        json.dumps({"id": 5, "private": PRIVATE}).encode(),
        json.dumps({"private": PRIVATE}).encode(),
        json.dumps({"id": "a", "private": PRIVATE, "more": 1}).encode(),
    ],
)
def test_what_is_no_key_is_refused_and_never_quoted(path: Path, content: bytes) -> None:
    write(path, content)
    with pytest.raises(KeyFileError, match="not a key; make a new one") as refused:
        keys.load(path)
    assert PRIVATE[:8] not in str(refused.value)
    # Nor by the traceback of a cause.
    assert refused.value.__suppress_context__


SHOWN: list[Callable[[keys.SigningKey], str]] = [repr, str, lambda key: f"{[key]}"]


@pytest.mark.parametrize("show", SHOWN)
def test_a_key_does_not_print_its_private_half(path: Path, show: Callable[[keys.SigningKey], str]) -> None:
    key = keys.create(path, keys.BINDING)
    assert key.private.private_bytes_raw().hex() not in show(key)
