"""The device key signs: ECDSA over P-256 with SHA-256, r and s of 32 bytes each in hexadecimal (RFC 7518, 3.4).

Not in DER as X.509 has it: what is always as long as this, the guard against card data takes for no card number.
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from agent.errors import JournalError
from board.errors import IdentityError
from board.identity import Identity

_HALF = 32
_ALGORITHM = ec.ECDSA(hashes.SHA256())


class DeviceSigner:
    """Implements `agent.journal.device.Device` with the newest pair of `identity` that a broker has taken."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    def sign(self, data: bytes) -> tuple[str, str]:
        """See `agent.journal.device.Device.sign`. Reads the files anew: they are renewed while the terminal runs."""
        try:
            certificate, key = self.identity.in_use()
        except IdentityError as error:
            raise JournalError(f"the journal's checkpoint cannot be signed: {error}") from error
        r, s = decode_dss_signature(key.sign(data, _ALGORITHM))
        return certificate.decode("ascii"), (r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")).hex()


def verify(key: ec.EllipticCurvePublicKey, signature: str, data: bytes) -> None:
    """Raises InvalidSignature, or ValueError for a signature of another form, unless `key` signed `data`."""
    raw = bytes.fromhex(signature)
    if len(raw) != 2 * _HALF:
        raise ValueError(f"signature: {len(raw)} bytes are not {2 * _HALF}")
    r, s = int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big")
    key.verify(encode_dss_signature(r, s), data, _ALGORITHM)
