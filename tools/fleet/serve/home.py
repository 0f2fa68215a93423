"""What `jumpguard fleet serve` keeps in its directory beside the store; made where it is not there yet."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from board import private_file
from provisioning import keys
from provisioning.authority import BACKEND, Authority
from tools.broker import Broker, SecureBroker, free_port
from tools.brokers.nodes import Node, endpoint
from tools.brokers.setup import Engine, write
from tools.fleet.expiry import Seen

KEY = "backend.key"
LINK_KEY = "backend-link.key"
LINK_CERTIFICATE = "backend-link.crt"
BROKER = "broker"


@dataclass(frozen=True, slots=True)
class Home:
    """The directory of the store for `fleet`; with `authority` the broker speaks TLS, without on loopback alone."""

    directory: Path
    fleet: str
    authority: Authority | None = None

    def key_file(self) -> Path:
        """The key that the backend signs with. Raises KeyFileError."""
        path = self.directory / KEY
        if not path.exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            keys.create(path, keys.BACKEND)
        return path

    def broker(self, host: str, port: int) -> Broker:
        """A broker of our own that terminals reach at `host` and `port`, 0 for a free one; not started yet.

        Raises BrokerError, BrokerSetupError, CertificateError and OSError.
        """
        folder = self.directory / BROKER
        if self.authority is None:
            return Broker(folder, port)
        self.directory.mkdir(parents=True, exist_ok=True)
        self._issue_link(self.authority)
        node = Node(host, free_port(port), events_port=free_port())
        write(self.authority, folder, Engine.NATS, [node])
        broker = SecureBroker(folder, node.port, node.events_port)
        broker.host = host
        return broker

    def link(self, broker: Broker) -> list[str]:
        """The options with which `jumpguard fleet ingest` reaches `broker`."""
        options = ["--broker", endpoint(broker.host, broker.port)]
        if self.authority is None:
            return options
        files = {
            "--ca-file": self.authority.servers_file,
            "--certificate-file": self.directory / LINK_CERTIFICATE,
            "--key-file": self.directory / LINK_KEY,
            "--authority": self.authority.directory,
            "--broker-folder": broker.directory,
        }
        return [*options, *(str(part) for pair in files.items() for part in pair)]

    def _issue_link(self, authority: Authority) -> None:
        """The backend's certificate for the broker, unless there is one with a third of its life left."""
        key, certificate = self.directory / LINK_KEY, self.directory / LINK_CERTIFICATE
        if key.exists() and certificate.exists():
            known = x509.load_pem_x509_certificate(certificate.read_bytes())
            if not Seen(BACKEND, str(certificate), known).is_ending(datetime.now(UTC)):
                return
        private, issued = authority.issue_backend()
        # Gone first: a power cut in between leaves no certificate that does not fit its key.
        certificate.unlink(missing_ok=True)
        private_file.replace(key, private)
        private_file.replace(certificate, issued)
