"""The registry: one file in which the acquirer's desk writes down each binding before it is handed out.

It only grows. A power cut leaves an entry whole or not there, and what is there is read and proven anew each time.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from provisioning.chain import GENESIS, Sealed, opened
from provisioning.errors import ChainError, RegistryError
from provisioning.registry_entry import CLOSED, Entry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    sequence INTEGER PRIMARY KEY,
    text TEXT NOT NULL,  -- the canonical bytes that are hashed and signed
    hash TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the registry only grows'); END;
CREATE TRIGGER IF NOT EXISTS never_removed BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the registry only grows'); END;
"""
# How long another desk's writing is waited for.
_WAIT_S = 10.0


class Registry:
    """What a registry's file holds, proven. Get one of `reading` or `writing`."""

    def __init__(self, path: Path, entries: list[Sealed[Entry]]) -> None:
        self.path = path
        self.entries = entries
        self.latest: dict[str, Entry] = {}
        self._live: dict[str, Entry] = {}
        for sealed in entries:
            self._follow(sealed.entry)

    @property
    def head(self) -> str:
        """The hash of the last entry: who has noted it can tell later that nothing was cut off."""
        return self.entries[-1].digest if self.entries else GENESIS

    @property
    def next_sequence(self) -> int:
        """The place of the next entry."""
        return len(self.entries) + 1

    def live(self, serial: str) -> Entry | None:
        """The entry whose binding is in force for `serial`, None when it was never bound or was closed."""
        return self._live.get(serial)

    def others_with(self, serial: str, acquirer: str, mid: str, tid: str) -> Iterator[tuple[str, Entry]]:
        """Bindings in force of other terminals that have the same `mid` or `tid` at that acquirer; which, and whose."""
        for other, entry in self._live.items():
            if other != serial and entry.acquirer == acquirer:
                if tid and entry.tid == tid:
                    yield "tid", entry
                if mid and entry.mid == mid:
                    yield "mid", entry

    def _follow(self, entry: Entry) -> None:
        self.latest[entry.serial] = entry
        self._live.pop(entry.serial, None)
        if entry.action != CLOSED:
            self._live[entry.serial] = entry


class Writing(Registry):
    """A registry that nobody else writes to meanwhile."""

    def __init__(self, path: Path, entries: list[Sealed[Entry]], connection: sqlite3.Connection) -> None:
        super().__init__(path, entries)
        self._connection = connection

    def append(self, sealed: Sealed[Entry]) -> None:
        """Write down the next entry; it is on disk when this returns, and so is what was written before it."""
        opened(Entry, sealed.text, sealed.digest, sealed.signature, self.entries[-1] if self.entries else None)
        row = (sealed.entry.sequence, sealed.text, sealed.digest, sealed.signature)
        with _named(self.path):
            self._connection.execute("INSERT INTO entries (sequence, text, hash, signature) VALUES (?, ?, ?, ?)", row)
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN IMMEDIATE")
        self.entries.append(sealed)
        self._follow(sealed.entry)


def reading(path: Path) -> Registry:
    """What the registry in `path` holds. Raises RegistryError when it is not there, or not what was written to it."""
    if not path.exists():
        raise RegistryError(f"registry {path}: not there; check the name")
    with _named(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        return Registry(path, _proven(path, connection))


@contextmanager
def writing(path: Path) -> Iterator[Writing]:
    """The registry in `path`, made when it is not there, for this process alone to write to. Raises RegistryError."""
    with _named(path):
        connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    with closing(connection):
        with _named(path):
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN IMMEDIATE")
            entries = _proven(path, connection)
        yield Writing(path, entries, connection)


def _proven(path: Path, connection: sqlite3.Connection) -> list[Sealed[Entry]]:
    entries: list[Sealed[Entry]] = []
    # The first signing was cut off as it began: there is a file, and nothing in it yet.
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        return entries
    for text, digest, signature in connection.execute("SELECT text, hash, signature FROM entries ORDER BY sequence"):
        try:
            entries.append(opened(Entry, text, digest, signature, entries[-1] if entries else None))
        except ChainError as error:
            raise RegistryError(f"registry {path}: {error}; find out by whom, and restore it from a copy") from error
    return entries


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Raises RegistryError, with the file's name, for what SQLite says."""
    try:
        yield
    except sqlite3.Error as error:
        raise RegistryError(f"registry {path}: {error}") from error
