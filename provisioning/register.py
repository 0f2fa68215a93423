"""The register of the client certificates that were issued: for whom, until when, and which are revoked."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from provisioning.certificates import Revoked
from provisioning.errors import CertificateError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS certificates (
    serial TEXT PRIMARY KEY,  -- hexadecimal: 160 bits are too many for an INTEGER
    name TEXT NOT NULL,
    expires TEXT NOT NULL,
    revoked TEXT,
    issued TEXT  -- NULL where it was written before this column was
) STRICT, WITHOUT ROWID
"""


class Client(NamedTuple):
    """A client certificate that was issued and is neither revoked nor expired: whose it is, and its serial number."""

    name: str
    serial: int


class Issued(NamedTuple):
    """A certificate that was made: its serial number, whose it is, from when and until when."""

    serial: int
    name: str
    begins: datetime
    expires: datetime


class Life(NamedTuple):
    """A certificate that is good, from when (None when that was not written down) and until when."""

    serial: int
    issued: datetime | None
    expires: datetime


class Register:
    """The file `path`, which is made when it is not there. Every method opens it, so that several processes may."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, made: Iterable[Issued]) -> None:
        """Write down certificates; before they are handed out, so that each one that is about can be revoked."""
        rows = [(f"{one.serial:x}", one.name, one.expires.isoformat(), one.begins.isoformat()) for one in made]
        with self._open() as connection:
            query = "INSERT INTO certificates (serial, name, expires, issued) VALUES (?, ?, ?, ?)"
            connection.executemany(query, rows)

    def revoke(self, name: str) -> int:
        """Mark what was issued to `name` as revoked; how many certificates that were.

        Raises CertificateError when none was ever issued to it.
        """
        with self._open() as connection:
            if not connection.execute("SELECT 1 FROM certificates WHERE name = ?", (name,)).fetchone():
                raise CertificateError(f"{name}: no certificate was ever issued to it here; check the name")
            query = "UPDATE certificates SET revoked = ? WHERE revoked IS NULL AND name = ?"
            return connection.execute(query, (_now(), name)).rowcount

    def revoke_each(self, serials: Iterable[int]) -> None:
        """Mark the certificates of these serial numbers as revoked."""
        query = "UPDATE certificates SET revoked = ? WHERE revoked IS NULL AND serial = ?"
        with self._open() as connection:
            connection.executemany(query, [(_now(), f"{serial:x}") for serial in serials])

    def revoke_all(self) -> None:
        """Mark everything that was issued as revoked."""
        with self._open() as connection:
            connection.execute("UPDATE certificates SET revoked = ? WHERE revoked IS NULL", (_now(),))

    def admitted(self) -> list[Client]:
        """The certificates that a broker may take, by name."""
        query = "SELECT name, serial FROM certificates WHERE revoked IS NULL AND expires > ? ORDER BY name, serial"
        with self._open() as connection:
            return [Client(str(row[0]), int(row[1], 16)) for row in connection.execute(query, (_now(),))]

    def good(self) -> dict[str, list[Life]]:
        """The certificates that a broker may take, by name, each name's in the order in which they were issued."""
        query = (
            "SELECT name, serial, issued, expires FROM certificates WHERE revoked IS NULL AND expires > ? "
            "ORDER BY issued, expires"
        )
        found: dict[str, list[Life]] = {}
        with self._open() as connection:
            for name, serial, issued, expires in connection.execute(query, (_now(),)):
                begun = None if issued is None else datetime.fromisoformat(issued)
                found.setdefault(name, []).append(Life(int(serial, 16), begun, datetime.fromisoformat(expires)))
        return found

    def revoked(self) -> list[Revoked]:
        """The certificates that are revoked and would be valid otherwise."""
        query = "SELECT serial, revoked FROM certificates WHERE revoked IS NOT NULL AND expires > ? ORDER BY serial"
        with self._open() as connection:
            rows = connection.execute(query, (_now(),)).fetchall()
        return [Revoked(int(row[0], 16), datetime.fromisoformat(row[1])) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Raises CertificateError."""
        try:
            with closing(sqlite3.connect(self.path)) as connection, connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(_SCHEMA)
                if "issued" not in {row[1] for row in connection.execute("PRAGMA table_info(certificates)")}:
                    connection.execute("ALTER TABLE certificates ADD COLUMN issued TEXT")
                yield connection
        except sqlite3.Error as error:
            raise CertificateError(f"{self.path}: {error}; restore it from a copy") from error


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()
