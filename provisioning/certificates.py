"""The certificates of the fleet link (X.509, RFC 5280), made by two authorities that share nothing:

| authority | signs | who trusts it | its key |
|---|---|---|---|
| servers | brokers | terminals and the backend, in the field for years | offline |
| devices | terminals and the backend | the brokers alone | where certificates are renewed |

So whoever breaks into the place that renews certificates cannot pose as a broker, and cannot make certificates for
ever: a new devices authority is made, the few brokers are told, and everything that the old one signed is worth
nothing. An authority that signed both, or one issuing certificate below a common root, would need the terminals in the
field to be told as well, since they ask no revocation list.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from board.device_key import new_key, subject
from provisioning.errors import CertificateError

# The common name of every broker: which one it is, its host names say, which may be longer than a common name.
SERVER = "broker"
AUTHORITY_DAYS = 20 * 365
SERVER_DAYS = 2 * 365
CLIENT_DAYS = 365
# Whoever checks a certificate may have a clock that is a little behind.
_BACKDATED = timedelta(hours=1)
_URI = "urn:jumpguard:{fleet}:{name}:{serial:x}"


class Issuer(NamedTuple):
    """An authority's key and its own certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


class Revoked(NamedTuple):
    """A certificate that is no longer to be taken."""

    serial: int
    at: datetime


def authority(fleet: str, name: str) -> Issuer:
    """A new authority for `fleet`, called `name`: it signs end certificates only (path length 0)."""
    key = new_key()
    itself = subject(fleet, name)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        _builder(itself, itself, key.public_key(), AUTHORITY_DAYS, x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    return Issuer(key, builder.sign(key, hashes.SHA256()))


def server_certificate(issuer: Issuer, names: Sequence[str], public_key: ec.EllipticCurvePublicKey) -> x509.Certificate:
    """A certificate for a broker that is reached under `names`: host names and IP addresses.

    It is good for both ends of a connection, since the brokers of a cluster call each other.
    """
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    alternatives = [_server_name(name) for name in names]
    return _end_certificate(issuer, SERVER, public_key, SERVER_DAYS, purposes, alternatives)


def client_certificate(issuer: Issuer, name: str, public_key: ec.EllipticCurvePublicKey, days: int) -> x509.Certificate:
    """A certificate under which the terminal, or the backend, `name` connects to a broker."""
    serial = x509.random_serial_number()
    uri = x509.UniformResourceIdentifier(client_uri(fleet_of(issuer.certificate), name, serial))
    return _end_certificate(issuer, name, public_key, days, [ExtendedKeyUsageOID.CLIENT_AUTH], [uri], serial)


def client_uri(fleet: str, name: str, serial: int) -> str:
    """The name that a client's certificate carries besides its subject: it names this certificate and no other.

    A broker that lists who may come in (nats-server) lists these, so that a certificate that is made anew for a
    terminal does not let the revoked one in again.
    """
    return _URI.format(fleet=fleet, name=name, serial=serial)


def fleet_of(certificate: x509.Certificate) -> str:
    """The fleet that `certificate`, an authority's or an end certificate, belongs to."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)


def revocation_list(
    issuer: Issuer, revoked: Sequence[Revoked], before: datetime | None
) -> x509.CertificateRevocationList:
    """The list of revoked certificates of `issuer`. `before` is the time of the last list.

    It is valid as long as the issuer: a list that runs out would shut out the whole fleet. Each is newer than the one
    before by a second at least, since OpenSSL, which may hold both, takes the newest.
    """
    now = _now() - _BACKDATED
    made_at = now if before is None else max(now, before + timedelta(seconds=1))
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(made_at)
        .next_update(issuer.certificate.not_valid_after_utc)
        .add_extension(_issued_by(issuer), critical=False)
        .add_extension(x509.CRLNumber(int(made_at.timestamp())), critical=False)
    )
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256())


def requested_key(request: bytes, fleet: str, terminal: str) -> ec.EllipticCurvePublicKey:
    """The public key that `request` (PEM) wants a certificate for, once it is one for `terminal` of `fleet`.

    Nothing else of the request is used: what a certificate says, its issuer says. Raises CertificateError.
    """
    try:
        parsed = x509.load_pem_x509_csr(request)
        key, proven, wanted = parsed.public_key(), parsed.is_signature_valid, parsed.subject
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise CertificateError("certificate request: not one in PEM; have the terminal make it anew") from error
    if not proven:
        raise CertificateError("certificate request: not signed with its own key; have the terminal make it anew")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateError("certificate request: its key is not EC P-256; have the terminal make it anew")
    if wanted != subject(fleet, terminal):
        raise CertificateError(
            f"certificate request: for {wanted.rfc4514_string()!r}, not for {terminal} of fleet {fleet}"
        )
    return key


def _end_certificate(
    issuer: Issuer,
    name: str,
    public_key: ec.EllipticCurvePublicKey,
    days: int,
    purposes: Sequence[x509.ObjectIdentifier],
    alternatives: Sequence[x509.GeneralName],
    serial: int | None = None,
) -> x509.Certificate:
    itself = subject(fleet_of(issuer.certificate), name)
    number = x509.random_serial_number() if serial is None else serial
    builder = (
        _builder(itself, issuer.certificate.subject, public_key, days, number)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_issued_by(issuer), critical=False)
    )
    return builder.sign(issuer.key, hashes.SHA256())


def _builder(
    itself: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, days: int, serial: int
) -> x509.CertificateBuilder:
    begin = _now() - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(itself)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
    )


def _issued_by(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _server_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    labels = name.split(".")
    if len(name) > 253 or not all(label.replace("-", "a").isalnum() and label.isascii() for label in labels):
        raise CertificateError(f"server name {name!r}: neither an IP address nor a host name") from None
    return x509.DNSName(name)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
