"""The key set: what the operator root signs, offline, so that terminals know whose signatures count.

A rotation is a new version of the whole set. No key ever leaves it: one that signs nothing new is retired, so that what
it signed stays proven, and one that somebody else may have is revoked, so that nothing of it counts.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.canonical import encode
from agent.errors import KeySetError
from agent.keys.key_set import ACTIVE, FORMAT, RETIRED, REVOKED, KeySet, parse, parts
from provisioning.errors import KeyFileError
from provisioning.keys import SigningKey


class PublicKey(msgspec.Struct, forbid_unknown_fields=True):
    """What others may know of a key, as `jumpguard keys make` prints it: Ed25519, 32 bytes in hexadecimal."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    role: Literal["binding", "backend"]
    public: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


def public_half(key: SigningKey, role: Literal["binding", "backend"]) -> PublicKey:
    """What others may know of `key`."""
    return PublicKey(key.id, role, key.public_hex)


def load_public(path: Path) -> PublicKey:
    """Read what `jumpguard keys make` printed. Raises KeyFileError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PublicKey)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError:  # without `from`: it may be a private key, of which nothing is to be quoted
        raise KeyFileError(
            f"{path}: not the public half of a binding signer or a backend; give what `jumpguard keys make` printed"
        ) from None


def load(path: Path) -> tuple[dict[str, object], KeySet]:
    """The set in `path`, as it was signed and as it is understood; by whom it was signed is not looked at.

    Raises KeyFileError.
    """
    try:
        signed = json.loads(path.read_bytes())
        return signed, parse(signed, str(parts(signed)[0].get("fleet")))
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise KeyFileError(
            f"{path}: no key set ({type(error).__name__}); name what the operator root signed"
        ) from error
    except KeySetError as error:
        raise KeyFileError(f"{path}: {error}; name what the operator root signed") from error


def load_proven(path: Path, root_public: str) -> KeySet:
    """The set in `path`, when the operator root with that public half (hexadecimal) signed it. Raises KeyFileError."""
    signed, found = load(path)
    try:
        root = Ed25519PublicKey.from_public_bytes(bytes.fromhex(root_public))
    except ValueError as error:
        raise KeyFileError(f"operator root {root_public!r}: no public half; it is 64 hexadecimal digits") from error
    if not _is_signed(*parts(signed), root):
        raise KeyFileError(f"{path}: not signed by the operator root of that public half")
    return found


def first(root: SigningKey, fleet: str, keys: Sequence[PublicKey]) -> dict[str, object]:
    """The first key set of `fleet`, signed by `root`. Raises KeyFileError."""
    return _signed(root, fleet, 1, _with([], keys))


def following(
    root: SigningKey,
    before: dict[str, object],
    added: Sequence[PublicKey] = (),
    retired: Sequence[str] = (),
    revoked: Sequence[str] = (),
) -> dict[str, object]:
    """The set that follows `before`, which `root` signed: with the keys `added`, and those of these ids put out.

    Raises KeyFileError.
    """
    document, signature = parts(before)
    known = parse(before, str(document["fleet"]))
    if not _is_signed(document, signature, root.private.public_key()):
        raise KeyFileError(f"key set {known.version}: not signed by {root.id}; use the root that signed it")
    keys = [
        {"id": name, "role": role, "public": key.public, "standing": key.standing}
        for (role, name), key in known.keys.items()
    ]
    for names, standing in ((retired, RETIRED), (revoked, REVOKED)):
        for name in names:
            _put_out(keys, name, standing)
    return _signed(root, str(document["fleet"]), known.version + 1, _with(keys, added))


def _is_signed(document: dict[str, object], signature: str, root: Ed25519PublicKey) -> bool:
    try:
        root.verify(bytes.fromhex(signature), encode(document))
    except (InvalidSignature, ValueError):
        return False
    return True


def _put_out(keys: list[dict[str, str]], name: str, standing: str) -> None:
    found = [key for key in keys if key["id"] == name]
    if not found:
        raise KeyFileError(f"key {name!r}: the set has none of that id; it has {', '.join(key['id'] for key in keys)}")
    for key in found:
        if key["standing"] == REVOKED:
            raise KeyFileError(f"key {name!r}: it is revoked, and stays so; make a new key")
        key["standing"] = standing


def _with(keys: list[dict[str, str]], added: Sequence[PublicKey]) -> list[dict[str, str]]:
    for key in added:
        if any(key.id == known["id"] or key.public == known["public"] for known in keys):
            raise KeyFileError(f"key {key.id!r}: the set has it already; make a new key")
        keys = [*keys, {"id": key.id, "role": key.role, "public": key.public, "standing": ACTIVE}]
    return keys


def _signed(root: SigningKey, fleet: str, version: int, keys: list[dict[str, str]]) -> dict[str, object]:
    document = {"format": FORMAT, "fleet": fleet, "version": version, "keys": keys}
    signed: dict[str, object] = {"document": document, "signature": root.sign(document)}
    try:
        parse(signed, fleet)
    except KeySetError as error:
        raise KeyFileError(str(error)) from error
    return signed
