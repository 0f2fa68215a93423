"""The operator's certificate authorities in a directory; `provisioning.certificates` says why there are two."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from board import private_file
from board.device_key import new_key, private_pem, signing_request
from board.errors import SettingsError
from board.settings.file import fault
from board.settings.kinds import Name, Serial
from provisioning.certificates import (
    CLIENT_DAYS,
    Issuer,
    authority,
    client_certificate,
    fleet_of,
    requested_key,
    revocation_list,
    server_certificate,
)
from provisioning.errors import CertificateError
from provisioning.register import Client, Issued, Register

# In lower case: no terminal's serial is.
BACKEND = "backend"

# The most workers of a backend that have a certificate of their own.
MOST_WORKERS = 99

_SERVERS = "servers"
_DEVICES = "devices"


def is_backend(name: str) -> bool:
    """Whether `name`, in a client certificate, is that of the backend or of one of its workers."""
    return name == BACKEND or name.startswith(f"{BACKEND}-")


class Authority:
    """The authorities of one fleet. Every method raises CertificateError, and OSError where the disk refuses."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.register = Register(directory / "certificates.sqlite")

    @property
    def servers_file(self) -> Path:
        """The servers authority's certificate, which terminals and the backend trust."""
        return self._certificate_file(_SERVERS)

    @property
    def devices_file(self) -> Path:
        """The devices authority's certificate, which brokers trust."""
        return self._certificate_file(_DEVICES)

    @property
    def revoked_file(self) -> Path:
        """The revocation list of the devices authority."""
        return self.directory / f"{_DEVICES}.crl"

    @property
    def fleet(self) -> str:
        """The fleet that the authorities are for."""
        return fleet_of(self._certificate(_DEVICES))

    def devices(self) -> x509.Certificate:
        """The devices authority's certificate, by which it is told what that authority signed."""
        return self._certificate(_DEVICES)

    def expect_key(self) -> None:
        """Raises CertificateError where the devices authority cannot sign here: its key is not there, or another."""
        self._issuer(_DEVICES)

    def create(self, fleet: str) -> None:
        """Make both authorities. They are never made over others; one that a power cut left half made is finished."""
        if fault(fleet, Name):
            raise CertificateError(f"fleet {fleet!r}: not 1 to 32 letters, digits and hyphens")
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.revoked_file.exists():  # the last that is written
            raise CertificateError(f"{self.directory}: there are authorities already; name another folder")
        for name in (_SERVERS, _DEVICES):
            if not self._certificate_file(name).exists():
                self._write(name, authority(fleet, f"JumpGuard {name}"))
        self.write_revoked()

    def replace_devices(self) -> None:
        """Make a new devices authority: after its key was stolen. Whatever the old one signed is worth nothing then."""
        fleet = self.fleet
        self.register.revoke_all()
        self._write(_DEVICES, authority(fleet, f"JumpGuard {_DEVICES}"))
        self.write_revoked()

    def issue_server(self, names: list[str]) -> tuple[bytes, bytes]:
        """A new private key and a certificate for it, in PEM, for a broker that is reached under `names`."""
        key = new_key()
        certificate = server_certificate(self._issuer(_SERVERS), names, key.public_key())
        return private_pem(key), _pem(certificate)

    def issue_terminal(self, terminal: str, request: bytes, days: int = CLIENT_DAYS) -> bytes:
        """The certificate in PEM that `request` (PEM) asks for, for `terminal`."""
        return self.issue_terminals({terminal: request}, days)[terminal]

    def issue_terminals(self, requests: Mapping[str, bytes], days: int = CLIENT_DAYS) -> dict[str, bytes]:
        """As `issue_terminal`, for the request of each of many terminals, by their names; written down at once."""
        for terminal in requests:
            if fault(terminal, Serial):
                raise CertificateError(f"terminal {terminal!r}: not 4 to 32 capital letters, digits and hyphens")
        return self._issue_clients(requests, days)

    def issue_backend(self, days: int = CLIENT_DAYS, worker: int = 0) -> tuple[bytes, bytes]:
        """A new private key and a certificate for it, in PEM, with which the backend connects to the brokers.

        Or its `worker` of that number, from 1: a broker may ask that each connection has a name of its own.
        """
        if not 0 <= worker <= MOST_WORKERS:
            raise CertificateError(f"worker {worker}: not 1 to {MOST_WORKERS}")
        key, name = new_key(), f"{BACKEND}-{worker}" if worker else BACKEND
        return private_pem(key), self._issue_client(name, signing_request(key, self.fleet, name), days)

    def revoke(self, name: str) -> int:
        """Revoke every certificate of `name`, a terminal or the backend; how many were still good.

        The brokers have to be told (`tools.brokers`).
        """
        count = self.register.revoke(name)
        self.write_revoked()
        return count

    def revoke_each(self, serials: Iterable[int]) -> None:
        """Revoke the certificates of these serial numbers; the brokers have to be told."""
        self.register.revoke_each(serials)
        self.write_revoked()

    def ends(self, path: Path) -> datetime:
        """When the certificate `path`, one of the authorities', is over, UTC."""
        return self._certificate(path.stem).not_valid_after_utc

    def admitted(self) -> list[Client]:
        """The client certificates that brokers may take."""
        return self.register.admitted()

    def write_revoked(self) -> None:
        """Write the revocation list as the register has it."""
        before = None
        if self.revoked_file.exists():
            before = x509.load_pem_x509_crl(self.revoked_file.read_bytes()).last_update_utc
        made = revocation_list(self._issuer(_DEVICES), self.register.revoked(), before)
        private_file.replace(self.revoked_file, made.public_bytes(serialization.Encoding.PEM))

    def _issue_client(self, name: str, request: bytes, days: int) -> bytes:
        return self._issue_clients({name: request}, days)[name]

    def _issue_clients(self, requests: Mapping[str, bytes], days: int) -> dict[str, bytes]:
        issuer, fleet = self._issuer(_DEVICES), self.fleet
        certificates = {
            name: client_certificate(issuer, name, requested_key(request, fleet, name), days)
            for name, request in requests.items()
        }
        self.register.add(
            Issued(made.serial_number, name, made.not_valid_before_utc, made.not_valid_after_utc)
            for name, made in certificates.items()
        )
        return {name: _pem(certificate) for name, certificate in certificates.items()}

    def _write(self, name: str, issuer: Issuer) -> None:
        private_file.replace(self._key_file(name), private_pem(issuer.key))
        private_file.replace(self._certificate_file(name), _pem(issuer.certificate))

    def _issuer(self, name: str) -> Issuer:
        certificate, path = self._certificate(name), self._key_file(name)
        try:
            key = serialization.load_pem_private_key(private_file.secret(path, "authority's key").encode(), None)
        except SettingsError as error:
            raise CertificateError(f"{error}; without it the {name} authority signs nothing") from error
        except (ValueError, TypeError):  # without `from`: nothing of what stands in the file is to be quoted
            raise CertificateError(f"{path}: not a private key in PEM") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise CertificateError(f"{path}: not the key of {self._certificate_file(name)}")
        return Issuer(key, certificate)

    def _certificate(self, name: str) -> x509.Certificate:
        path = self._certificate_file(name)
        try:
            return x509.load_pem_x509_certificate(path.read_bytes())
        except OSError as error:
            raise CertificateError(f"{path}: cannot be read: {error.strerror}; make it: jumpguard fleet ca") from error
        except ValueError as error:
            raise CertificateError(f"{path}: not a certificate in PEM") from error

    def _certificate_file(self, name: str) -> Path:
        return self.directory / f"{name}.crt"

    def _key_file(self, name: str) -> Path:
        return self.directory / f"{name}.key"


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
