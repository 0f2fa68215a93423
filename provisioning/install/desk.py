"""The desk as an installation needs it: what it knows (`desk.toml`), its authority, and the ear of the backend."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes

from agent.binding.record import Binding
from board import private_file
from board.errors import BoardError
from provisioning import registry as registries
from provisioning import trail
from provisioning.authority import Authority
from provisioning.errors import DeskError, InstallError, ProvisioningError
from provisioning.install.desk_file import DeskSettings
from provisioning.install.proof import Proof, Proven, SignedBinding
from provisioning.registry import Registry
from provisioning.trail_entry import Deed, expect_fit

Tell = Callable[[Authority, Sequence[Path]], Sequence[str]]
"""Tells the brokers in these folders who may come in now; what is to be done by hand, a line each."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a backend has of a terminal: its vitals as last told, and how far each of its journals is stored."""

    vitals: str
    journals: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Left:
    """What a terminal that is gone leaves open, as its backend has it.

    `reversals`: the sales that are not finished, or whose reversal is due or unresolved. `unsent`: how many entries it
    last told of that never came. `since`: when it was heard last (UTC), "" where it never was.
    """

    reversals: tuple[str, ...]
    unsent: int
    since: str


Recall = Callable[[Path, str], Left]
"""What the backend's store in a folder knows of the terminal of a serial that is gone."""

Hear = Callable[[Path, str], Heard]
"""What the backend's store in a folder has of the terminal of a serial."""


class Desk:
    """One desk, for any number of installations at a time. Its methods block: call them from a thread."""

    def __init__(self, settings: DeskSettings, tell: Tell, hear: Hear, recall: Recall) -> None:
        self.settings = settings
        self.authority = Authority(settings.authority)
        self._tell = tell
        self._hear = hear
        self._recall = recall
        self._proving = threading.Lock()
        self._proof: tuple[bytes, Proof] | None = None
        # Brokers read their list from files: one writer at a time.
        self._writing = threading.Lock()

    def prove(self, signed: SignedBinding) -> Proven:
        """Prove `signed` against key set and registry. Raises InstallError, KeyFileError and RegistryError."""
        return self.proof().prove(signed, datetime.now(UTC))

    def proof(self) -> Proof:
        """What bindings are proven by, as key set and registry are now. Raises as `prove` does."""
        desk = self.settings
        with self._proving:
            digest = self._digest()
            if self._proof is None or self._proof[0] != digest:
                self._proof = digest, Proof(desk.key_set, desk.root_public, desk.fleet, desk.registry)
            return self._proof[1]

    def registry(self) -> Registry | None:
        """The registry of what was signed; None where this desk has none. Raises RegistryError."""
        return registries.reading(self.settings.registry) if self.settings.registry else None

    def master_key(self, binding: Binding) -> bytes:
        """The terminal master key for the terminal number of `binding`. Raises InstallError, which never quotes it."""
        path = self.settings.master_keys / f"{binding.tid}.tmk"
        try:
            text = private_file.secret(path, "terminal master key")
        except BoardError as error:
            raise InstallError("MASTER_KEY", str(error)) from error
        if len(text) != 32 or not all(digit in "0123456789abcdefABCDEF" for digit in text):
            raise InstallError("MASTER_KEY", f"{path}: not 32 hexadecimal digits")
        return text.encode("ascii")

    def expect_trail(self, deed: Deed) -> None:
        """See to it that `deed` can be written down. Raises TrailError and KeyFileError, before it is done."""
        expect_fit(deed)
        trail.load_technician(self.settings.technician_key)
        trail.prove_end(self.settings.trail)

    def write_down(self, deed: Deed) -> None:
        """Write `deed` into the audit trail, on disk when this returns. Raises TrailError and KeyFileError."""
        trail.append(self.settings.trail, trail.load_technician(self.settings.technician_key), deed)

    def has_written(self, deed: Deed) -> bool:
        """Whether the audit trail says already that `deed` came to this end. Raises TrailError."""
        alike = (deed.serial, deed.version, deed.certificate, deed.outcome)
        return any(
            (one.serial, one.version, one.certificate, one.outcome) == alike
            for one in (sealed.entry.deed for sealed in trail.reading(self.settings.trail).entries)
        )

    def check_authority(self) -> None:
        """Raises InstallError where an authority has expired, and CertificateError where one is not there."""
        for path in (self.authority.devices_file, self.authority.servers_file):
            ends = self.authority.ends(path)
            if ends <= datetime.now(UTC):
                raise InstallError("AUTHORITY_EXPIRED", f"{path}: {ends:%Y-%m-%d}")

    def expect_beside(self) -> None:
        """Raises DeskError where a broker's folder or the backend's store, which the desk names, is not there."""
        for folder in self.settings.broker_folders:
            if not folder.is_dir():
                raise DeskError(f"broker_folders: {folder}: not there")
        self.heard("")

    def certify(self, serial: str, request: bytes) -> tuple[bytes, list[str]]:
        """Issue the certificate that `request` asks for; with what is to be done by hand. Raises CertificateError."""
        self.check_authority()
        with self._writing:
            certificate = self.authority.issue_terminal(serial, request)
            try:
                return certificate, list(self._tell(self.authority, self.settings.broker_folders))
            except (ProvisioningError, OSError):
                # Nobody will have it: the broker does not know of it.
                self.authority.revoke_each([_number(certificate)])
                raise

    def discard(self, certificate: bytes) -> None:
        """Revoke a certificate whose installation is not done. Raises CertificateError."""
        self._revoke([_number(certificate)])

    def keep_only(self, serial: str, certificate: bytes) -> None:
        """Revoke what was issued to the terminal `serial` before `certificate`: its keys are gone, or should be.

        Raises CertificateError.
        """
        good = self.authority.register.good().get(serial, [])
        self._revoke([life.serial for life in good if life.serial != _number(certificate)])

    def issued(self, serial: str, certificate: bytes) -> str:
        """The SHA-256 of `certificate` (PEM) where it was issued here to the terminal `serial` and is good; "" else.

        Raises CertificateError.
        """
        good = [life.serial for life in self.authority.register.good().get(serial, [])]
        try:
            shown = x509.load_pem_x509_certificate(certificate)
            shown.verify_directly_issued_by(self.authority.devices())
        except (ValueError, TypeError, InvalidSignature):
            return ""
        return shown.fingerprint(hashes.SHA256()).hex() if shown.serial_number in good else ""

    def revoke(self, serial: str) -> int:
        """Revoke every certificate of the terminal `serial`; how many were good. Raises CertificateError."""
        good = [life.serial for life in self.authority.register.good().get(serial, [])]
        self._revoke(good)
        return len(good)

    def _digest(self) -> bytes:
        """What tells whether key set or registry are others than before: to prove a long registry takes seconds."""
        desk, hashed = self.settings, sha256()
        registry = [desk.registry, desk.registry.with_name(f"{desk.registry.name}-journal")] if desk.registry else []
        for path in (desk.key_set, *registry):
            with suppress(OSError):
                hashed.update(sha256(path.read_bytes()).digest())
            hashed.update(bytes(path))
        return hashed.digest()

    def _revoke(self, numbers: list[int]) -> None:
        if numbers:
            with self._writing:
                self.authority.revoke_each(numbers)
                self._tell(self.authority, self.settings.broker_folders)

    def heard(self, serial: str) -> Heard | None:
        """What the backend has of the terminal; None where this desk does not see its store."""
        return self._hear(self.settings.store, serial) if self.settings.store else None

    def left(self, serial: str) -> Left | None:
        """What a terminal that is gone leaves open; None where this desk does not see the backend's store."""
        return self._recall(self.settings.store, serial) if self.settings.store else None


def _number(certificate: bytes) -> int:
    return x509.load_pem_x509_certificate(certificate).serial_number
