"""TLS on the link to the fleet: 1.3 at least, the broker's name verified, and our own certificate shown.

Errors say what is wrong with which of the two certificates, since that is what tells a technician where to look.
"""

import re
import ssl
from collections.abc import Callable
from pathlib import Path

from board.errors import IdentityError, SettingsError
from board.identity import Pair
from board.private_file import secret

# X509_V_ERR_... of OpenSSL's x509_vfy.h: what is wrong with the broker's certificate.
_BROKERS = {
    9: "the broker's certificate is not valid yet; check this machine's clock",
    10: "the broker's certificate has expired; have it renewed, or check this machine's clock",
    18: "the broker's certificate is signed by itself, not by the operator",
    19: "the broker's certificate is not signed by an authority in ca_file",
    20: "the broker's certificate is not signed by an authority in ca_file",
    24: "what signed the broker's certificate is no authority",
    26: "the broker's certificate is not one for a broker",
    62: "the broker's certificate is for another host name",
    64: "the broker's certificate is for another IP address",
}
# Alerts of RFC 8446, 6.2, as OpenSSL names them: what the broker thinks of ours.
_OURS = {
    "CERTIFICATE_EXPIRED": "this side's certificate has expired; renew it",
    "CERTIFICATE_REVOKED": "this side's certificate was revoked",
    "CERTIFICATE_REQUIRED": "it asks for a certificate, and this side showed none",
    "UNKNOWN_CA": "this side's certificate is not signed by an authority that the broker trusts",
    "BAD_CERTIFICATE": "it does not take this side's certificate",
    "UNSUPPORTED_CERTIFICATE": "it does not take this side's kind of certificate",
    "CERTIFICATE_UNKNOWN": "it does not take this side's certificate",
    "ACCESS_DENIED": "it does not let this side's certificate in",
    "PROTOCOL_VERSION": "it does not speak TLS 1.3",
}


def context(ca_file: Path, pair: Pair) -> ssl.SSLContext:
    """The settings of one connection, from the files as they are now. Raises IdentityError naming the file."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and name
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.hostname_checks_common_name = False
    _use(ca_file, "no certificates of authorities in PEM", lambda: made.load_verify_locations(ca_file))
    try:
        secret(pair.key, "private key of the link")
    except SettingsError as error:
        raise IdentityError(str(error)) from error
    # The password is asked for when the key is encrypted: without an answer of ours OpenSSL would ask the terminal.
    fault = f"not a certificate in PEM with its key in {pair.key}"
    _use(pair.certificate, fault, lambda: made.load_cert_chain(pair.certificate, pair.key, password=""))
    return made


def explained(error: OSError) -> str:
    """What went wrong, for people: with the certificates where that is what the TLS error is about."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _BROKERS.get(error.verify_code, f"the broker's certificate is not taken: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError):
        return "the broker hung up during the handshake; does it speak TLS 1.3 on this port?"
    reason = getattr(error, "reason", None) or ""
    alert = re.search(r"ALERT_([A-Z_]+)$", reason)
    if alert:
        return "the broker refused: " + _OURS.get(alert[1], alert[1].lower().replace("_", " "))
    if reason == "WRONG_VERSION_NUMBER":
        return "the broker does not speak TLS on this port"
    if reason == "UNSUPPORTED_PROTOCOL":
        return "the broker does not speak TLS 1.3"
    return error.strerror or str(error)


def _use(path: Path, fault: str, load: Callable[[], object]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        raise IdentityError(f"{path}: {fault}") from error
    except OSError as error:
        raise IdentityError(f"{path}: cannot be read: {error.strerror}") from error
