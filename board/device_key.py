"""The terminal's private key for the link, and the request for a certificate for it.

EC P-256 with SHA-256: OpenSSL and Go's TLS, which the brokers are built on, take it, and so do secure elements.
"""

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def new_key() -> ec.EllipticCurvePrivateKey:
    """A new private key."""
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """`key` as it is written to a file (PKCS #8, RFC 5958), not encrypted: a terminal starts with nobody by."""
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)


def subject(fleet: str, name: str) -> x509.Name:
    """The subject of a certificate in `fleet`: O is the fleet; CN the terminal's serial, or what else it is for."""
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, fleet), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def signing_request(key: ec.EllipticCurvePrivateKey, fleet: str, terminal: str) -> bytes:
    """The request for `terminal`'s certificate, in PEM (RFC 2986). Its signature proves who holds `key`."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject(fleet, terminal))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
