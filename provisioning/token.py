"""A binding signer whose key lies in a PKCS#11 token and never leaves it (OASIS PKCS#11 3.0, EdDSA).

Terminals prove Ed25519 alone: the token has to have CKM_EDDSA. SoftHSM 2.6 has.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.types import SignMixin
from pkcs11.util.ec import encode_named_curve_parameters

from agent.canonical import encode, sha256_hex
from board import private_file
from board.errors import SettingsError
from provisioning.errors import SigningError
from provisioning.keys import BINDING

# id-Ed25519 (RFC 8410).
_ED25519 = "1.3.101.112"
_PUBLIC_BYTES = 32


class TokenKey:
    """A key in an open token, as `provisioning.keys.Signer`."""

    def __init__(self, private: SignMixin, public: bytes) -> None:
        self._private = private
        self.public_hex = public.hex()
        self.id = f"{BINDING}-{sha256_hex(public)[:8]}"

    def sign(self, document: object) -> str:
        """The signature over the canonical bytes of `document`, in hexadecimal. Raises SigningError."""
        with _said():
            return bytes(self._private.sign(encode(document), mechanism=Mechanism.EDDSA)).hex()


class Token:
    """The token `label` behind the PKCS#11 library `module`; `pin_file` is a file that its owner alone may read."""

    def __init__(self, module: Path, label: str, pin_file: Path) -> None:
        self.module = module
        self.label = label
        self.pin_file = pin_file

    @contextmanager
    def key(self, label: str) -> Iterator[TokenKey]:
        """The key `label`, usable until the end of the block. Raises SigningError."""
        with self._session(writing=False) as session:
            with _said():
                private = self._only(session, ObjectClass.PRIVATE_KEY, label)
                assert isinstance(private, SignMixin)
                public = _raw(self._only(session, ObjectClass.PUBLIC_KEY, label))
            yield TokenKey(private, public)

    def create(self, label: str) -> TokenKey:
        """Make a key `label` in the token, which never gives it away. Raises SigningError when there is one already."""
        with self._session(writing=True) as session, _said():
            if list(session.get_objects({Attribute.LABEL: label})):
                raise SigningError(f"token {self.label!r}: there is a key {label!r} already; name another one")
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_ED25519)}
            parameters = session.create_domain_parameters(KeyType.EC_EDWARDS, curve, local=True)
            public, private = parameters.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=label
            )
            assert isinstance(private, SignMixin)
            return TokenKey(private, _raw(public))

    @contextmanager
    def _session(self, writing: bool) -> Iterator[pkcs11.Session]:
        try:
            pin = private_file.secret(self.pin_file, "token's PIN")
        except SettingsError as error:
            raise SigningError(str(error)) from error
        with _said():
            try:
                token = pkcs11.lib(str(self.module)).get_token(token_label=self.label)
            except pkcs11.NoSuchToken as error:
                raise SigningError(f"token {self.label!r}: {self.module} has none of that label") from error
            session = token.open(user_pin=pin, rw=writing)
        with session:
            yield session

    def _only(self, session: pkcs11.Session, kind: ObjectClass, label: str) -> pkcs11.Object:
        wanted = {Attribute.CLASS: kind, Attribute.KEY_TYPE: KeyType.EC_EDWARDS, Attribute.LABEL: label}
        found = list(session.get_objects(wanted))
        if len(found) != 1:
            raise SigningError(f"token {self.label!r}: {len(found)} Ed25519 keys {label!r}; one is due")
        return found[0]


@contextmanager
def _said() -> Iterator[None]:
    """Raises SigningError for what the token says; its errors hold no PIN."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        raise SigningError(f"PKCS#11: {type(error).__name__}: {error}".removesuffix(": ")) from error


def _raw(public: pkcs11.Object) -> bytes:
    """The 32 bytes of a public key, which tokens wrap in an OCTET STRING (PKCS#11 2.40 6.3.2) or not (3.0)."""
    point = bytes(public[Attribute.EC_POINT])
    if point[:2] == bytes((4, _PUBLIC_BYTES)) and len(point) == _PUBLIC_BYTES + 2:
        point = point[2:]
    if len(point) != _PUBLIC_BYTES:
        raise SigningError(f"the token's public key has {len(point)} bytes; Ed25519 has {_PUBLIC_BYTES}")
    return point
