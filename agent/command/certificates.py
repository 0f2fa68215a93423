"""What the core needs for renewing the certificate of the link: it hands texts through, the machine has the key.

A request goes up, a certificate for it comes down and is shown at the next connection; the old one stays until a broker
has let the terminal in with the new.
"""

from agent.compat import Protocol

# Why a certificate is not taken.
CERTIFICATE_MALFORMED = "CERTIFICATE_MALFORMED"
CERTIFICATE_OTHER_KEY = "CERTIFICATE_OTHER_KEY"
CERTIFICATE_OTHER_NAME = "CERTIFICATE_OTHER_NAME"
CERTIFICATE_OTHER_CA = "CERTIFICATE_OTHER_CA"
CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
CERTIFICATE_EARLY = "CERTIFICATE_EARLY"
# The machine's own key or files cannot be used.
KEY_UNUSABLE = "KEY_UNUSABLE"


class Certificates(Protocol):
    """The terminal's certificate for the link, and its key, which stays where it is."""

    async def request(self) -> str:
        """The request (PKCS 10, PEM) for a certificate for a new key; asked again, for the same. CertificateError."""

    async def install(self, certificate: str) -> None:
        """Show `certificate` (PEM) from the next connection on; one that was taken already changes nothing.

        Raises CertificateError when it does not fit the key that waits, the terminal's name and fleet, the CA or the
        clock; nothing has changed then.
        """
