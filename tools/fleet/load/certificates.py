"""The device certificates of made-up terminals: made at once by the fleet's authority, and kept in a folder."""

import ssl
from collections.abc import Iterable
from pathlib import Path

from board import private_file
from board.device_key import new_key, private_pem, signing_request
from board.identity import Pair
from board.tls import context
from provisioning.authority import Authority


class Certificates:
    """In `folder`: SERIAL.key and SERIAL.crt of each terminal."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self._authority = authority
        self._folder = folder

    def make(self, serials: Iterable[str]) -> int:
        """Make those that are not there; how many that were, of which the brokers have to be told.

        Raises CertificateError and OSError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        fleet, keys = self._authority.fleet, {}
        for serial in serials:
            if not self._pair(serial).certificate.exists():
                keys[serial] = new_key()
        requests = {serial: signing_request(key, fleet, serial) for serial, key in keys.items()}
        for serial, certificate in self._authority.issue_terminals(requests).items() if requests else ():
            pair = self._pair(serial)
            private_file.replace(pair.key, private_pem(keys[serial]))
            private_file.replace(pair.certificate, certificate)  # the last that is written
        return len(keys)

    def context(self, serial: str) -> ssl.SSLContext:
        """What a connection of the terminal is encrypted with. Raises IdentityError."""
        return context(self._authority.servers_file, self._pair(serial))

    def _pair(self, serial: str) -> Pair:
        return Pair(self._folder / f"{serial}.crt", self._folder / f"{serial}.key")
