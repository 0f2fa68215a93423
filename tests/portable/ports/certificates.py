"""The certificate of a link, in memory."""

from agent.command.certificates import CERTIFICATE_OTHER_KEY
from agent.errors import CertificateError

REQUEST = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"
FITTING = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


class PretendedCertificates:
    """Implements `agent.command.certificates.Certificates`: takes FITTING alone. `installed` is what it took."""

    def __init__(self) -> None:
        self.installed: "list[str]" = []
        self.broken = ""

    async def request(self) -> str:
        if self.broken:
            raise CertificateError(self.broken, "the key cannot be written")
        return REQUEST

    async def install(self, certificate: str) -> None:
        if certificate != FITTING:
            raise CertificateError(CERTIFICATE_OTHER_KEY, "not for the key that waits")
        self.installed.append(certificate)
