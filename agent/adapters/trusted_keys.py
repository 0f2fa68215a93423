"""The public keys that this terminal trusts: a set signed by the operator root, whose own key the settings hold."""

import binascii
import json
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.canonical import encode
from agent.errors import CanonicalError, SettingsError

FORMAT = "jumpguard.keys/1"


class TrustedKeys:
    """Keys by role and id. A set that does not check is no set: nothing is trusted then, and `problem` says why."""

    def __init__(self, path: Path, root_public: str) -> None:
        self.path = path
        self.root_public = root_public
        self.problem = ""
        self._keys: dict[tuple[str, str], Ed25519PublicKey] = {}

    def load(self) -> None:
        """Read the set; a bad one leaves `problem` set and every signature unproven."""
        try:
            self._keys = _read(self.path, self.root_public)
            self.problem = ""
        except SettingsError as error:
            self._keys = {}
            self.problem = str(error)

    def verify(self, role: str, key_id: str, signature: bytes, data: bytes) -> bool | None:
        """See `agent.binding.ports.Keys.verify` (Ed25519, RFC 8032)."""
        key = self._keys.get((role, key_id))
        return None if key is None else _is_right(key, signature, data)


def _read(path: Path, root_public: str) -> dict[tuple[str, str], Ed25519PublicKey]:
    try:
        signed = json.loads(path.read_bytes())
        document = signed["document"]
        root = _public_key(root_public)
        if not _is_right(root, binascii.unhexlify(signed["signature"]), encode(document)):
            raise SettingsError(f"{path}: not signed by the operator root; install the operator's key set again")
        if document["format"] != FORMAT:
            raise SettingsError(f"{path}: format {document['format']!r} is not {FORMAT!r}")
        return {(str(key["role"]), str(key["id"])): _public_key(key["public"]) for key in document["keys"]}
    except OSError as error:
        raise SettingsError(f"{path}: the key set cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError, CanonicalError) as error:
        raise SettingsError(f"{path}: no key set ({type(error).__name__}); install the operator's again") from error


def _public_key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(binascii.unhexlify(text))


def _is_right(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True
