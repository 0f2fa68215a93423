"""Certificates that nobody renews over a link: the backend's own, its workers', and the brokers'.

They are looked at now and then, in their files and, of a broker, as it shows it to whoever connects: a new file does
nothing as long as the broker has not read it.
"""

import functools
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from sqlalchemy import Connection

from board.errors import IdentityError
from board.tls import context, explained
from provisioning.authority import BACKEND
from provisioning.certificates import SERVER
from tools.brokers.nodes import SERVER_CERTIFICATE, endpoint
from tools.fleet.alarms import clear, open_alarms, raise_alarm
from tools.fleet.link import Broker
from tools.fleet.rows import Alarm
from tools.fleet.tables import alarms

BACKEND_CERTIFICATE_ENDING = "backend_certificate_ending"
BROKER_CERTIFICATE_ENDING = "broker_certificate_ending"
_KINDS = {BACKEND: BACKEND_CERTIFICATE_ENDING, SERVER: BROKER_CERTIFICATE_ENDING}

LOOK_S = 3600.0
_CONNECT_S = 3.0
# What an alarm's number may be: a certificate's has 160 bits.
_NUMBERS = 2**53

log = logging.getLogger("jumpguard.fleet")


class Seen(NamedTuple):
    """A certificate of `whose`, BACKEND or SERVER, as it was seen at `where`."""

    whose: str
    where: str
    certificate: x509.Certificate

    def is_ending(self, now: datetime) -> bool:
        """Whether two thirds of its life are over."""
        begun, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return now >= begun + (ends - begun) * 2 / 3


class Watch:
    """Looks at the files of certificates `own`, at those in broker `folders` and at what `brokers` show.

    It works in a thread of its own, tells what it found to `note`, with whether everything could be seen, and calls
    `on_end` when that thread ends, whatever ended it.
    """

    def __init__(
        self,
        own: Sequence[Path],
        folders: Sequence[Path],
        brokers: Sequence[Broker],
        note: Callable[[Sequence[Seen], bool], None],
        on_end: Callable[[], None],
    ) -> None:
        self._own = own
        self._folders = folders
        self._brokers = brokers
        self._note = note
        self._on_end = on_end
        self._stopped = threading.Event()
        self._executor = ThreadPoolExecutor(1, "fleet-expiry")
        self._watching: Future[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._watching = self._executor.submit(self._watch)

    def stop(self) -> None:
        """End; harmless when it never began. Raises whatever ended it before."""
        self._stopped.set()
        self._executor.shutdown()
        if self._watching is not None:
            self._watching.result()

    def look(self) -> None:
        """Look once, and tell what was seen."""
        seen, complete = list[Seen](), True
        for where, whose, read in self._places():
            try:
                seen.append(Seen(whose, where, read()))
            except (OSError, ValueError, IdentityError) as error:
                complete = False
                why = explained(error) if isinstance(error, OSError) else error
                log.warning("%s: its certificate cannot be looked at: %s", where, why)
        self._note(seen, complete)

    def _watch(self) -> None:
        try:
            while not self._stopped.is_set():
                self.look()
                self._stopped.wait(LOOK_S)
        finally:
            self._on_end()

    def _places(self) -> Iterator[tuple[str, str, Callable[[], x509.Certificate]]]:
        for file in self._own:
            yield str(file), BACKEND, functools.partial(_in_file, file)
        for folder in self._folders:
            yield str(folder), SERVER, functools.partial(_in_file, folder / SERVER_CERTIFICATE)
        for broker in self._brokers:
            if broker.pair is not None:
                yield endpoint(broker.host, broker.port), SERVER, functools.partial(_shown, broker)


def note(connection: Connection, seen: Sequence[Seen], complete: bool, now: str) -> None:
    """Raise an alarm for each certificate in `seen` that is ending at `now` (UTC).

    Clear those of certificates that are not there any more, if `seen` is `complete`. The caller commits.
    """
    ending: dict[tuple[str, int], list[Seen]] = {}
    for one in seen:
        if one.is_ending(datetime.fromisoformat(now)):
            number = one.certificate.serial_number % _NUMBERS
            ending.setdefault((_KINDS[one.whose], number), []).append(one)
    for (kind, number), places in ending.items():
        where = ", ".join(one.where for one in places)
        detail = f"{where}: ends at {places[0].certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
        raise_alarm(connection, Alarm(places[0].whose, "", kind, number, detail, now))
    for alarm in open_alarms(connection, list(_KINDS.values())):
        if complete and (alarm.kind, alarm.sequence) not in ending:
            clear(connection, alarms.c.id == alarm.id, now)


def _in_file(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def _shown(broker: Broker) -> x509.Certificate:
    """The certificate that `broker` shows now, also one that has expired: it is looked at, and nothing is said."""
    assert broker.ca_file is not None and broker.pair is not None
    made = context(broker.ca_file, broker.pair)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((broker.host, broker.port), _CONNECT_S) as connection,
        made.wrap_socket(connection, server_hostname=broker.host) as encrypted,
    ):
        return x509.load_der_x509_certificate(encrypted.getpeercert(binary_form=True) or b"")
