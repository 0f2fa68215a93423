"""The merchant record, its store and mark, and keys that really check what they are shown."""

import binascii
import hashlib

from agent.binding.gate import Policy
from agent.binding.ports import Stored
from agent.canonical import encode, sha256_hex
from agent.errors import CanonicalError, KeySetError, StoreError
from agent.keys.key_set import ACTIVE, FORMAT, REVOKED, KeySet, parse, parts

SERIAL = "JG-DEMO-0001"
MID = "898210154110002"
OTHER_MID = "102581083986056"
TID = "50012345"
ACQUIRER = "898"
NAME = "星河咖啡"
SIGNER = "acquirer-2026"
BACKEND_KEY = "backend-2026"
POLICY = Policy(reserve_kib=16_384, most_switches=3, switch_days=30, margin_days=1)


def document() -> "dict[str, object]":
    """A binding as the acquirer issues it. The MID follows the pattern with MCC 5411."""
    return {
        "format": "jumpguard.binding/1",
        "version": 3,
        "serial": SERIAL,
        "acquirer": ACQUIRER,
        "mid": MID,
        "tid": TID,
        "uscc": "91350100M000100Y43",
        "account_last4": "6789",
        "account_hash": "ab" * 32,
        "address": "福州市鼓楼区东街 1 号",
        "region": "350102",
        "timezone": "Asia/Shanghai",
        "mcc": "5411",
        "name": NAME,
        "currency": "156",
        "limit": 100_000,
        "jump_policy": "reverse",
        "fees": {"credit_basis_points": 60, "debit_basis_points": 50, "debit_cap": 2000},
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": "2027-01-01T00:00:00Z",
    }


def altered(changes: "dict[str, object]") -> "dict[str, object]":
    """The document with some fields other than usual."""
    changed = document()
    for name, value in changes.items():
        assert name in changed, name
        changed[name] = value
    return changed


class KnownKeys:
    """Implements `agent.binding.ports.Keys` with keyed hashes; `asked` are the roles and key ids asked for.

    A key that is known is active, unless `standings` say otherwise.
    """

    def __init__(self) -> None:
        self.version = 1
        self.standings: "dict[tuple[str, str], str]" = {}
        self.known = {("binding", SIGNER): b"binding secret", ("backend", BACKEND_KEY): b"backend secret"}
        self.asked: "list[tuple[str, str]]" = []

    def verify(self, role: str, key_id: str, signature: bytes, data: bytes) -> "bool | None":
        self.asked.append((role, key_id))
        secret = self.known.get((role, key_id))
        return None if secret is None or self.standing(role, key_id) == REVOKED else signature == _keyed(secret, data)

    def standing(self, role: str, key_id: str) -> str:
        return self.standings.get((role, key_id), ACTIVE) if (role, key_id) in self.known else ""

    def sign(self, role: str, key_id: str, data: bytes) -> bytes:
        """The signature that `verify` finds right."""
        return _keyed(self.known[(role, key_id)], data)


class MemoryRing(KnownKeys):
    """Implements `agent.keys.rotation.KeyRing` with sets that `signed_set` signed; `taken` are those that were kept.

    `full` keeps the disk from taking one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.digest = parse(signed_set(1), "demo").digest
        self.taken: "list[int]" = []
        self.problem = ""
        self.full = False

    def prove(self, signed: object) -> KeySet:
        document, signature = parts(signed)
        try:
            right = signature == _by_root(document)
        except CanonicalError:
            right = False
        if not right:
            raise KeySetError("key set: not signed by the operator root")
        return parse(signed, "demo")

    def take(self, key_set: KeySet) -> None:
        if self.full:
            raise StoreError("STORE_UNREADABLE", "keys.json: the disk is full; free some space")
        self.taken.append(key_set.version)
        self.version, self.digest, self.problem = key_set.version, key_set.digest, ""
        self.standings = {name: key.standing for name, key in key_set.keys.items()}

    def distrust(self, why: str) -> None:
        self.version, self.digest, self.problem = 0, "", why


def signed_set(version: int, standing: str = ACTIVE, fleet: str = "demo") -> "dict[str, object]":
    """A key set that the operator root signed; `standing` is that of the binding signer."""
    document: "dict[str, object]" = {
        "format": FORMAT, "fleet": fleet, "version": version,
        "keys": [
            {"id": SIGNER, "role": "binding", "public": "ab" * 32, "standing": standing},
            {"id": BACKEND_KEY, "role": "backend", "public": "cd" * 32, "standing": ACTIVE},
        ],
    }  # fmt: skip
    return {"document": document, "signature": _by_root(document)}


class MemoryStore:
    """Implements `agent.binding.ports.BindingStore`; `problem` is what keeps it from being read or written."""

    def __init__(self) -> None:
        self.stored: "Stored | None" = None
        self.problem: "StoreError | None" = None
        self.reads = 0

    def read(self) -> "Stored | None":
        self.reads += 1
        if self.problem is not None:
            raise self.problem
        return self.stored

    def write(self, document: "dict[str, object]", key_id: str, signature: bytes) -> None:
        if self.problem is not None:
            raise self.problem
        digest = sha256_hex(encode(document) + key_id.encode() + signature)
        self.stored = Stored(document, key_id, signature, digest)

    def put(self, document: "dict[str, object]", keys: KnownKeys) -> None:
        """Store `document` as its signer signed it."""
        self.write(document, SIGNER, keys.sign("binding", SIGNER, encode(document)))


class MemoryMark:
    """Implements `agent.binding.ports.HighWater`; `full` keeps it from being raised."""

    def __init__(self, mark: "int | None" = None) -> None:
        self.mark = mark
        self.problem: "StoreError | None" = None
        self.full = False

    def read(self) -> "int | None":
        if self.problem is not None:
            raise self.problem
        return self.mark

    def advance(self, version: int) -> None:
        if self.full:
            raise StoreError("STORE_UNREADABLE", "high_water.json: the disk is full; free some space")
        if self.mark is None or version > self.mark:
            self.mark = version


def _by_root(document: "dict[str, object]") -> str:
    return binascii.hexlify(_keyed(b"root secret", encode(document)) * 2).decode()


def _keyed(secret: bytes, data: bytes) -> bytes:
    return hashlib.sha256(secret + data).digest() * 2  # as long as an Ed25519 signature
