"""The key set: the public keys that the operator root vouches for, and how each of them stands.

A set is whole: what it does not name is unknown. Nothing in it may be ignored, since that could be a restriction.
"""

from agent.canonical import encode, sha256_hex
from agent.errors import CanonicalError, KeySetError

FORMAT = "jumpguard.keys/2"

# Who signs what: see `provisioning.keys`.
BINDING_SIGNER = "binding"
BACKEND = "backend"

# Signs what is new.
ACTIVE = "active"
# Signs nothing new; what it signed before and was taken then stays proven.
RETIRED = "retired"
# Somebody else may have it: nothing that it ever signed counts.
REVOKED = "revoked"
_STANDINGS = (ACTIVE, RETIRED, REVOKED)

_FIELDS = ["fleet", "format", "keys", "version"]
_KEY_FIELDS = ["id", "public", "role", "standing"]
_MOST_KEYS = 100
_LONGEST_NAME = 64
_PUBLIC_DIGITS = 64
_HEX = "0123456789abcdef"


class Key:
    """A public key (Ed25519, 32 bytes in hexadecimal) and its standing."""

    def __init__(self, public: str, standing: str) -> None:
        self.public = public
        self.standing = standing


class KeySet:
    """Version `version` of the set; `digest` names its content, `signed` is the whole as the operator root signed it.

    `keys` are by role and id.
    """

    def __init__(self, signed: "dict[str, object]", version: int, digest: str) -> None:
        self.signed = signed
        self.version = version
        self.digest = digest
        self.keys: dict[tuple[str, str], Key] = {}


def parts(signed: object) -> "tuple[dict[str, object], str]":
    """The document and the signature (hexadecimal) of `signed`. Raises KeySetError."""
    if isinstance(signed, dict) and sorted(signed) == ["document", "signature"]:
        document, signature = signed["document"], signed["signature"]
        if isinstance(document, dict) and isinstance(signature, str):
            return document, signature
    raise KeySetError("key set: no document with a signature")


def parse(signed: object, fleet: str) -> KeySet:
    """The set that `signed` holds, for `fleet`. Its signature is not looked at. Raises KeySetError."""
    document = parts(signed)[0]
    if document.get("format") != FORMAT:
        raise KeySetError("key set: its format is not {!r}".format(FORMAT))
    if sorted(document) != _FIELDS:
        raise KeySetError("key set: a field is missing, or not known")
    if document["fleet"] != fleet:
        raise KeySetError("key set: for another fleet")
    version, keys = document["version"], document["keys"]
    if version is True or version is False or not isinstance(version, int) or version < 1:
        raise KeySetError("key set: the version is no whole number from 1")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS:
        raise KeySetError("key set: not 1 to {} keys".format(_MOST_KEYS))
    try:
        digest = sha256_hex(encode(document))
    except CanonicalError:
        raise KeySetError("key set: its content is not canonical")
    assert isinstance(signed, dict)
    found = KeySet(signed, version, digest)
    for key in keys:
        _add(found, key)
    return found


def _add(found: KeySet, key: object) -> None:
    if not isinstance(key, dict) or sorted(key) != _KEY_FIELDS:
        raise KeySetError("key set: a key is not one of id, role, public and standing")
    role, name, public, standing = key["role"], key["id"], key["public"], key["standing"]
    if not _is_name(role) or not _is_name(name) or not _is_public(public) or standing not in _STANDINGS:
        raise KeySetError("key set: a key is malformed, or of a standing that is not known")
    if (role, name) in found.keys:
        raise KeySetError("key set: it names a key twice")
    found.keys[(role, name)] = Key(public, standing)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME


def _is_public(value: object) -> bool:
    return isinstance(value, str) and len(value) == _PUBLIC_DIGITS and all(digit in _HEX for digit in value)
