"""What tells a device key from another: the SHA-256 of its public half."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def fingerprint(public: CertificatePublicKeyTypes) -> str:
    """The SHA-256 of the key `public` (DER, SubjectPublicKeyInfo), in hexadecimal."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()
