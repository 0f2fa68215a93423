"""TLS on the local API: the terminal shows a certificate, by which tills know it; the token says who the till is."""

import ssl
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates

from agent.errors import SettingsError


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer (RFC 9325, 3.1.1) with the certificate chain and its private key, both PEM.

    Raises SettingsError naming the file and what is wrong with it.
    """
    try:
        load_pem_x509_certificates(certificate.read_bytes())
    except OSError as error:
        raise SettingsError(f"{certificate}: the certificate cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{certificate}: holds no certificate in PEM") from error
    try:
        load_pem_private_key(key.read_bytes(), password=None)
    except OSError as error:
        raise SettingsError(f"{key}: the certificate's key cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:  # TypeError: it is encrypted, and nobody is there to ask at a start
        raise SettingsError(f"{key}: holds no private key in PEM without a passphrase") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise SettingsError(f"{key}: is not the key of the certificate in {certificate}") from error
    return context
