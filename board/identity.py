"""What the terminal shows to a broker: a private key, made here and never anywhere else, and a certificate for it.

The first pair lies where the settings say. A renewed one lies in the terminal's state, key and certificate in one file
so that no power cut parts them: on trial until a broker has let the terminal in with it, and the others stay meanwhile.
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.command.certificates import (
    CERTIFICATE_EARLY,
    CERTIFICATE_EXPIRED,
    CERTIFICATE_MALFORMED,
    CERTIFICATE_OTHER_CA,
    CERTIFICATE_OTHER_KEY,
    CERTIFICATE_OTHER_NAME,
)
from board import private_file
from board.device_key import new_key, private_pem, signing_request, subject
from board.errors import IdentityError, SettingsError

WAITING = "link.waiting.key"
TRIAL = "link.trial.pem"
RENEWED = "link.renewed.pem"

# What `cryptography` raises for bytes that are no certificate, or one that it does not understand.
_MALFORMED = (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, UnsupportedAlgorithm)


class Pair(NamedTuple):
    """The files of a certificate and its private key, both in PEM; they may be one and the same."""

    certificate: Path
    key: Path


class Identity:
    """The pairs of `terminal` in `fleet`: `first`, which the settings name, and what came later, in `state_dir`."""

    def __init__(self, fleet: str, terminal: str, first: Pair, state_dir: Path) -> None:
        self.fleet = fleet
        self.terminal = terminal
        self.first = first
        self._waiting = state_dir / WAITING
        self._trial = state_dir / TRIAL
        self._renewed = state_dir / RENEWED

    def enrolment_request(self) -> bytes:
        """The request, in PEM, for the first certificate; its key is made where the settings say, if not there yet.

        Raises IdentityError.
        """
        return self._request(self.first.key)

    def renewal_request(self) -> bytes:
        """The request, in PEM, for a certificate for a new key, which waits for it. Asked again it is the same key.

        Raises IdentityError.
        """
        return self._request(self._waiting)

    def take(self, certificate: bytes, now: datetime | None = None) -> None:
        """Put `certificate` (PEM) on trial: the next connection is tried with it. Raises IdentityError.

        It has to be this terminal's, for the key that waits, from the CA of the certificates before, and valid `now`
        where that is known. One that was taken already changes nothing: the answer was lost.
        """
        taken = _certificate(certificate)
        if not self._waiting.exists() and any(taken == known for known, at in self._known() if at != self.first):
            return
        key = _key(self._waiting)
        self._check(taken, key.public_key(), now)
        try:
            private_file.replace(self._trial, private_pem(key) + taken.public_bytes(serialization.Encoding.PEM))
            self._waiting.unlink()
        except OSError as error:
            raise IdentityError(f"{self._trial}: cannot be written: {error.strerror}") from error

    def _check(self, taken: x509.Certificate, key: ec.EllipticCurvePublicKey, now: datetime | None) -> None:
        if taken.public_key() != key:
            raise _refused("not for the key that waits; request one again", CERTIFICATE_OTHER_KEY)
        if taken.subject != subject(self.fleet, self.terminal):
            raise _refused(f"not for {self.terminal} of fleet {self.fleet}", CERTIFICATE_OTHER_NAME)
        # The CA's own certificate is not here, so this shows a mistake; a forgery the broker refuses.
        known = self._known()
        if known and all(_issuer(taken) != _issuer(other) for other, _ in known):
            raise _refused("not from the CA of the one before; a technician has to bring it", CERTIFICATE_OTHER_CA)
        if now is not None and now >= taken.not_valid_after_utc:
            raise _refused("it has expired; issue another", CERTIFICATE_EXPIRED)
        if now is not None and now < taken.not_valid_before_utc:
            raise _refused("not valid yet; check the clocks", CERTIFICATE_EARLY)

    def pairs(self) -> list[Pair]:
        """The pairs that there are, the one issued last first: a technician's new pair comes before an old renewal."""
        dated = sorted(self._known(), key=lambda each: each[0].not_valid_before_utc, reverse=True)
        return [pair for _, pair in dated] or [self.first]

    def in_use(self) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
        """The certificate in PEM by which the brokers know the terminal, and its key; not the one on trial, which no
        broker may ever take. Raises IdentityError.
        """
        proven = [(certificate, pair) for certificate, pair in self._known() if pair.certificate != self._trial]
        if not proven:
            raise IdentityError(f"{self.first.certificate}: no certificate in PEM; have one issued and bring it")
        certificate, pair = max(proven, key=lambda each: each[0].not_valid_before_utc)
        key = _key(pair.key)
        if key.public_key() != certificate.public_key():
            raise IdentityError(f"{pair.key}: not the key of {pair.certificate}; bring the right pair")
        return certificate.public_bytes(serialization.Encoding.PEM), key

    def _known(self) -> list[tuple[x509.Certificate, Pair]]:
        """The certificates that can be read, the one on trial first."""
        found = []
        for pair in (Pair(self._trial, self._trial), Pair(self._renewed, self._renewed), self.first):
            with suppress(OSError, *_MALFORMED):
                found.append((x509.load_pem_x509_certificate(pair.certificate.read_bytes()), pair))
        return found

    def proven(self, pair: Pair) -> Pair:
        """A broker has let the terminal in with `pair`, which is on trial no longer; where it lies now. OSError."""
        if pair.certificate != self._trial:
            return pair
        self._trial.replace(self._renewed)
        return Pair(self._renewed, self._renewed)

    def _request(self, path: Path) -> bytes:
        if not path.exists():
            try:
                # All of it or nothing: a key that a power cut broke would be in the way for ever.
                private_file.replace(path, private_pem(new_key()))
            except OSError as error:
                raise IdentityError(f"{path}: the key cannot be written: {error.strerror}") from error
        return signing_request(_key(path), self.fleet, self.terminal)


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        # What is in them shows only when it is asked for.
        _ = certificate.public_key(), certificate.subject, _issuer(certificate)
    except _MALFORMED as error:
        raise _refused("not one in PEM; request one again", CERTIFICATE_MALFORMED) from error
    return certificate


def _issuer(certificate: x509.Certificate) -> tuple[x509.Name, bytes | None]:
    """The CA's name, and which of its keys it signed with (RFC 5280, 4.2.1.1)."""
    try:
        signed_by = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return certificate.issuer, None
    return certificate.issuer, signed_by.key_identifier


def _refused(why: str, code: str) -> IdentityError:
    return IdentityError(f"the renewed certificate: {why}", code)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(private_file.secret(path, "private key of the link").encode(), None)
    except SettingsError as error:
        raise IdentityError(str(error)) from error
    except (ValueError, TypeError):  # without `from`: nothing of what stands in the file is to be quoted
        raise IdentityError(f"{path}: not a private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise IdentityError(f"{path}: not an EC key; move it away and request a certificate again")
    return key
