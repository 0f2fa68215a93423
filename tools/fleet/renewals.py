"""Renews the certificates of terminals over the link, without anybody's doing.

Nothing is remembered but in the store, the register of certificates and the terminal, so a crash only costs time.

| the terminal's latest order of this kind | what follows |
|---|---|
| none, and two thirds of its certificate's life are over | `renew_certificate` |
| `renew_certificate` succeeded | the request is signed, the brokers are told, then `install_certificate` |
| `install_certificate` was interrupted, or the new one is not in use after a while | `install_certificate` once more |
| `install_certificate` failed | an alarm; what was issued for it is revoked; after a while everything anew |
| the terminal is connected with the new one | those before it are revoked |
"""

import json
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from sqlalchemy import Connection, Row, select
from sqlalchemy.sql import func

from agent.command.status import FAILED, INTERRUPTED, SUCCEEDED
from agent.command.types import INSTALL_CERTIFICATE, RENEW_CERTIFICATE
from provisioning.authority import Authority
from provisioning.certificates import CLIENT_DAYS
from provisioning.errors import CertificateError
from provisioning.register import Life
from tools.brokers.errors import BrokerSetupError
from tools.brokers.reload import refresh
from tools.fleet.alarms import clear, open_alarms, raise_alarm
from tools.fleet.orders import ENDS, order_command
from tools.fleet.presence import ONLINE
from tools.fleet.rows import Alarm
from tools.fleet.tables import alarms, commands, terminals

# The certificate ends within a third of its life and nobody here can sign another.
RENEWAL_NEEDED = "renewal_needed"
# The terminal, or we, did not take what came; it goes on with the old certificate.
RENEWAL_FAILED = "renewal_failed"
# It took the new certificate and connects with the old one: no broker lets it in with the new.
RENEWAL_UNUSED = "renewal_unused"
_KINDS = (RENEWAL_NEEDED, RENEWAL_FAILED, RENEWAL_UNUSED)

LOOK_S = 2.0
# After something of ours failed: the register, a key, a broker's folder.
_HOLD_S = 30.0
# What came to nothing is tried again after this long; what a kill interrupted at once.
RETRY_AFTER = timedelta(hours=1)
# Each has every broker read its list again, and events wait meanwhile.
_MOST_TOLD = 10
# The terminal is there, but may be restarted in between.
_LASTS_S = 3600

log = logging.getLogger("jumpguard.fleet")


class _Info(msgspec.Struct):
    certificate_expiry: str = ""


class Renewals:
    """Signs with `authority`, and tells the brokers in the folders `brokers`; without one it only raises alarms."""

    def __init__(self, authority: Authority | None, brokers: Sequence[Path]) -> None:
        self._authority = authority
        self._brokers = brokers
        self._next_look = 0.0
        # A crash may have come between the register and the brokers.
        self._brokers_know = False
        self._told = 0
        self._unsignable: set[str] = set()

    def look(self, connection: Connection, now: str) -> None:
        """Take the next step for each terminal that is online (UTC `now`), now and then; the caller commits."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_S
        try:
            if self._authority is None:
                _warn(connection, now)
            else:
                self._look(connection, self._authority, now)
        except (CertificateError, BrokerSetupError, OSError) as error:
            self._next_look = time.monotonic() + _HOLD_S
            log.error("certificates cannot be renewed now: %s", error)

    def _look(self, connection: Connection, authority: Authority, now: str) -> None:
        self._told = 0
        if not self._brokers_know:
            self._tell_brokers(authority)
        good, latest = authority.register.good(), _latest(connection)
        for terminal, ends in _in_use(connection):
            lives = good.get(terminal, [])
            used = next((life for life in lives if life.expires == ends), None)
            if used is not None and self._told < _MOST_TOLD:
                _Renewal(self, connection, authority, terminal, lives, used, now).go_on(latest.get(terminal))

    def _tell_brokers(self, authority: Authority) -> None:
        self._brokers_know = False
        authority.write_revoked()
        for folder in self._brokers:
            refresh(authority, folder)
        self._brokers_know = True
        self._told += 1

    def certificate_for(self, authority: Authority, terminal: str, order: str, request: str) -> str | None:
        """The certificate that `request` asks for, which the brokers know by now; None when it is not to be had."""
        if order in self._unsignable:
            return None
        try:
            certificate = authority.issue_terminal(terminal, request.encode())
        except CertificateError as error:
            log.error("%s: %s", terminal, error)
            self._unsignable.add(order)
            return None
        self._tell_brokers(authority)
        return certificate.decode()

    def revoke(self, authority: Authority, lives: Sequence[Life]) -> None:
        """Revoke these certificates, and tell the brokers."""
        self._brokers_know = False
        authority.register.revoke_each(life.serial for life in lives)
        self._tell_brokers(authority)


class _Renewal:
    """One terminal at one moment: `lives` are its good certificates, oldest first, `used` the one it connected with."""

    def __init__(
        self,
        desk: Renewals,
        connection: Connection,
        authority: Authority,
        terminal: str,
        lives: list[Life],
        used: Life,
        now: str,
    ) -> None:
        self.desk = desk
        self.connection = connection
        self.authority = authority
        self.terminal = terminal
        self.lives = lives
        self.used = used
        self.now = now

    def go_on(self, last: Row[Any] | None) -> None:
        """Take the step that follows `last`, its latest order."""
        if last is None:
            self._renew_if_due()
        elif last.state not in ENDS:
            return
        elif last.type == RENEW_CERTIFICATE:
            self._requested(last)
        elif last.state == FAILED and last.code != INTERRUPTED:
            self._refused(last)
        elif len(self.lives) == 1:
            self._renew_if_due()
        else:
            self._installed(last)

    def _requested(self, last: Row[Any]) -> None:
        if last.state == SUCCEEDED:
            csr = str(json.loads(self._of(last, "result")).get("csr", ""))
            certificate = self.desk.certificate_for(self.authority, self.terminal, last.id, csr)
            if certificate is not None:
                self._order(INSTALL_CERTIFICATE, {"certificate": certificate})
                return
            self._alarm(RENEWAL_FAILED, last, "its certificate request cannot be signed; see the backend's log")
        elif last.state == FAILED and last.code != INTERRUPTED:
            self._alarm(RENEWAL_FAILED, last, f"it makes no certificate request: {last.code}")
        if last.code == INTERRUPTED or self._is_old(last):
            self._renew_if_due()

    def _refused(self, last: Row[Any]) -> None:
        self._alarm(RENEWAL_FAILED, last, f"it does not take its new certificate: {last.code}")
        # It may have been made for the key of somebody who answered in the terminal's name.
        issued = self._issued_by(last)
        if issued is not None and issued != self.used:
            self.desk.revoke(self.authority, [issued])
        if self._is_old(last):
            self._renew_if_due()

    def _installed(self, last: Row[Any]) -> None:
        issued = self._issued_by(last)
        if issued == self.used:
            self._done()
        elif issued is None:
            self._renew_if_due()
        elif last.code == INTERRUPTED:
            self._order(INSTALL_CERTIFICATE, self._args(last))
        elif self._is_old(last):
            self._alarm(RENEWAL_UNUSED, last, "it connects with its old certificate; do all brokers know the new one?")
            self._order(INSTALL_CERTIFICATE, self._args(last))

    def _done(self) -> None:
        older = self.lives[: self.lives.index(self.used)]
        if older:
            self.desk.revoke(self.authority, older)
            mine = (alarms.c.terminal == self.terminal) & alarms.c.kind.in_(_KINDS)
            clear(self.connection, mine, self.now)
        else:
            self._renew_if_due()

    def _issued_by(self, last: Row[Any]) -> Life | None:
        """The certificate that the order `last` is about, as long as it is good."""
        try:
            certificate = x509.load_pem_x509_certificate(str(self._args(last)["certificate"]).encode())
        except ValueError:  # somebody ordered it by hand
            return None
        return next((life for life in self.lives if life.serial == certificate.serial_number), None)

    def _args(self, last: Row[Any]) -> dict[str, object]:
        args: dict[str, object] = json.loads(self._of(last, "args"))
        return args

    def _renew_if_due(self) -> None:
        begun = self.used.issued or self.used.expires - timedelta(days=CLIENT_DAYS)
        if datetime.fromisoformat(self.now) >= begun + (self.used.expires - begun) * 2 / 3:
            self._order(RENEW_CERTIFICATE, {})

    def _order(self, kind: str, args: dict[str, object]) -> None:
        order_command(self.connection, self.terminal, kind, args, _LASTS_S)

    def _alarm(self, kind: str, last: Row[Any], detail: str) -> None:
        raise_alarm(self.connection, Alarm(self.terminal, "", kind, last.counter, detail, self.now))

    def _is_old(self, last: Row[Any]) -> bool:
        return datetime.fromisoformat(self.now) - datetime.fromisoformat(last.changed_at) >= RETRY_AFTER

    def _of(self, last: Row[Any], column: str) -> str:
        return str(self.connection.execute(select(commands.c[column]).where(commands.c.id == last.id)).scalar_one())


def _warn(connection: Connection, now: str) -> None:
    """Without a register the life of a certificate is taken to be what is usual."""
    in_use = _in_use(connection)
    for alarm in open_alarms(connection, [RENEWAL_NEEDED]):
        if any(terminal == alarm.terminal and _day(ends) != alarm.sequence for terminal, ends in in_use):
            clear(connection, alarms.c.id == alarm.id, now)
    for terminal, ends in in_use:
        if ends - datetime.fromisoformat(now) <= timedelta(days=CLIENT_DAYS) / 3:
            detail = f"its certificate ends at {ends:%Y-%m-%dT%H:%M:%SZ}; start the backend with --authority"
            raise_alarm(connection, Alarm(terminal, "", RENEWAL_NEEDED, _day(ends), detail, now))


def _day(moment: datetime) -> int:
    return int(moment.timestamp()) // 86_400


def _in_use(connection: Connection) -> list[tuple[str, datetime]]:
    """The terminals that are online, and when the certificate that each is connected with ends."""
    online = select(terminals.c.terminal, terminals.c.info).where(
        terminals.c.presence == ONLINE, terminals.c.info.is_not(None)
    )
    found = []
    for row in connection.execute(online):
        try:
            ends = msgspec.json.decode(row.info, type=_Info).certificate_expiry
            found.append((row.terminal, datetime.strptime(ends, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)))
        except (ValueError, msgspec.MsgspecError):  # without a certificate, or a date that is none
            continue
    return found


def _latest(connection: Connection) -> dict[str, Row[Any]]:
    """The latest order of a renewal of each terminal."""
    kinds = (RENEW_CERTIFICATE, INSTALL_CERTIFICATE)
    last = select(commands.c.terminal, func.max(commands.c.counter).label("counter")).where(commands.c.type.in_(kinds))
    newest = last.group_by(commands.c.terminal).subquery()
    wanted = (commands.c[name] for name in ("id", "terminal", "type", "counter", "state", "code", "changed_at"))
    same = (commands.c.terminal == newest.c.terminal) & (commands.c.counter == newest.c.counter)
    return {row.terminal: row for row in connection.execute(select(*wanted).join(newest, same))}
