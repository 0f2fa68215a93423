"""The public keys that this terminal trusts: a set signed by the operator root, whose own key the settings hold.

Two files may hold one: the set that a technician installed, as it was signed, and the one that came over the link last
(`agent.adapters.durable_file`). The newer one counts.
"""

import binascii
import json
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.adapters import durable_file
from agent.canonical import encode
from agent.errors import CanonicalError, KeySetError, SettingsError, StoreError
from agent.keys.key_set import REVOKED, Key, KeySet, parse, parts


class TrustedKeys:
    """Implements `agent.keys.rotation.KeyRing` for `fleet`. `problem` says what is wrong with the files, "" if nothing.

    A set that does not check is no set. A `taken` one that does not check leaves nothing trusted, since the `installed`
    one is older.
    """

    def __init__(self, installed: Path, taken: Path, root_public: str, fleet: str) -> None:
        self.installed = installed
        self.taken = taken
        self.root_public = root_public
        self.fleet = fleet
        self.problem = ""
        self._set: KeySet | None = None

    @property
    def version(self) -> int:
        """See `agent.binding.ports.Keys.version`."""
        return 0 if self._set is None else self._set.version

    @property
    def digest(self) -> str:
        """See `agent.keys.rotation.KeyRing.digest`."""
        return "" if self._set is None else self._set.digest

    def load(self) -> None:
        """Read both files and trust the newer set."""
        self.distrust("")
        try:
            taken = self._read_taken()
        except (StoreError, KeySetError) as error:
            self.problem = f"{self.taken}: {error}"
            return
        try:
            installed = self._read_installed()
        except SettingsError as error:
            self.problem = str(error)
            self._set = taken
        else:
            self._set = installed if taken is None else max(installed, taken, key=lambda each: each.version)

    def prove(self, signed: object) -> KeySet:
        """See `agent.keys.rotation.KeyRing.prove`."""
        try:
            document, signature = parts(signed)
            right = _is_right(self.root_public, binascii.unhexlify(signature), encode(document))
        except (ValueError, CanonicalError) as error:
            raise KeySetError("key set: the signature is not hexadecimal, or the content not canonical") from error
        if not right:
            raise KeySetError("key set: not signed by the operator root")
        return parse(signed, self.fleet)

    def take(self, key_set: KeySet) -> None:
        """See `agent.keys.rotation.KeyRing.take`."""
        durable_file.write(self.taken, key_set.signed)
        self._set = key_set
        self.problem = ""

    def distrust(self, why: str) -> None:
        """See `agent.keys.rotation.KeyRing.distrust`."""
        self._set = None
        self.problem = why

    def verify(self, role: str, key_id: str, signature: bytes, data: bytes) -> bool | None:
        """See `agent.binding.ports.Keys.verify` (Ed25519, RFC 8032)."""
        key = self._key(role, key_id)
        return None if key is None or key.standing == REVOKED else _is_right(key.public, signature, data)

    def standing(self, role: str, key_id: str) -> str:
        """See `agent.binding.ports.Keys.standing`."""
        key = self._key(role, key_id)
        return "" if key is None else key.standing

    def _key(self, role: str, key_id: str) -> Key | None:
        return None if self._set is None else self._set.keys.get((role, key_id))

    def _read_taken(self) -> KeySet | None:
        found = durable_file.read(self.taken)
        return None if found is None else self.prove(found[0])

    def _read_installed(self) -> KeySet:
        path, remedy = self.installed, "install the operator's key set again"
        try:
            return self.prove(json.loads(path.read_bytes()))
        except OSError as error:
            raise SettingsError(f"{path}: the key set cannot be read: {error.strerror}") from error
        except KeySetError as error:
            raise SettingsError(f"{path}: {error}; {remedy}") from error
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"{path}: no key set ({type(error).__name__}); {remedy}") from error


def _is_right(public: str, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(binascii.unhexlify(public)).verify(signature, data)
    except InvalidSignature:
        return False
    return True
