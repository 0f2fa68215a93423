"""What the terminal shows to a broker: a private key, made here and never anywhere else, and a certificate for it.

The first pair lies where the settings say. A renewed one lies in the terminal's state, key and certificate in one file
so that no power cut parts them: on trial until a broker has let the terminal in with it, and the others stay meanwhile.
"""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from board import private_file
from board.device_key import new_key, private_pem, signing_request, subject
from board.errors import IdentityError, SettingsError
from board.settings import secret

WAITING = "link.waiting.key"
TRIAL = "link.trial.pem"
RENEWED = "link.renewed.pem"

# What `cryptography` raises for bytes that are no certificate, or one that it does not understand.
_MALFORMED = (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm)


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

    def take(self, certificate: bytes) -> None:
        """Put `certificate` (PEM) on trial: the next connection is tried with it. Raises IdentityError.

        It has to be this terminal's, and for the key that waits.
        """
        key = _key(self._waiting)
        try:
            taken = x509.load_pem_x509_certificate(certificate)
            holder, whose = taken.public_key(), taken.subject
        except _MALFORMED as error:
            raise IdentityError("the renewed certificate: not one in PEM; request one again") from error
        if holder != key.public_key():
            raise IdentityError("the renewed certificate: not for the key that waits; request one again")
        if whose != subject(self.fleet, self.terminal):
            raise IdentityError(f"the renewed certificate: not for {self.terminal} of fleet {self.fleet}")
        try:
            private_file.replace(self._trial, private_pem(key) + taken.public_bytes(serialization.Encoding.PEM))
            self._waiting.unlink()
        except OSError as error:
            raise IdentityError(f"{self._trial}: cannot be written: {error.strerror}") from error

    def pairs(self) -> list[Pair]:
        """The pairs that there are, the one issued last first: a technician's new pair comes before an old renewal."""
        dated = []
        for pair in (Pair(self._trial, self._trial), Pair(self._renewed, self._renewed), self.first):
            with suppress(OSError, *_MALFORMED):
                certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
                dated.append((certificate.not_valid_before_utc, pair))
        dated.sort(key=lambda each: each[0], reverse=True)
        return [pair for _, pair in dated] or [self.first]

    def proven(self, pair: Pair) -> None:
        """A broker has let the terminal in with `pair`: if it was on trial, it is so no longer. Raises OSError."""
        if pair.certificate == self._trial:
            self._trial.replace(self._renewed)

    def _request(self, path: Path) -> bytes:
        if not path.exists():
            try:
                private_file.create(path, private_pem(new_key()))
            except OSError as error:
                raise IdentityError(f"{path}: the key cannot be written: {error.strerror}") from error
        return signing_request(_key(path), self.fleet, self.terminal)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(secret(path, "private key of the link").encode(), None)
    except SettingsError as error:
        raise IdentityError(str(error)) from error
    except (ValueError, TypeError):  # without `from`: nothing of what stands in the file is to be quoted
        raise IdentityError(f"{path}: not a private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise IdentityError(f"{path}: not an EC key; move it away and request a certificate again")
    return key
