"""A certificate authority whose time is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def expire(authority: Path) -> None:
    """Have the devices authority be over: its certificate is made anew, valid until yesterday."""
    old = x509.load_pem_x509_certificate((authority / "devices.crt").read_bytes())
    key = serialization.load_pem_private_key((authority / "devices.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    made = (
        x509.CertificateBuilder()
        .subject_name(old.subject).issuer_name(old.issuer).public_key(key.public_key())
        .serial_number(old.serial_number)
        .not_valid_before(datetime.now(UTC) - timedelta(days=9)).not_valid_after(datetime.now(UTC) - timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (authority / "devices.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
