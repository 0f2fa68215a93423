"""The journal in SQLite: WAL, `synchronous=FULL`, one thread that owns the connection, one agent that owns the file."""

import asyncio
import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from agent.adapters import journal_check, journal_file, journal_pruning, journal_schema
from agent.clock import Clock
from agent.compat import monotonic_ms
from agent.errors import CanonicalError, JournalError
from agent.journal.anchor import Anchor, anchor_of
from agent.journal.device import Device
from agent.journal.entry import GENESIS, Entry, Record, Stamp, chain
from agent.journal.pruning import Pending, checkpoint_of

CREATED = "journal.created"

Result = TypeVar("Result")


class SqliteJournal:
    """Implements `agent.journal.ports.Journal`. What is stored are the canonical bytes that the hash chain is over."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        boot_id: str,
        migrations: tuple[journal_schema.Migration, ...] = journal_schema.MIGRATIONS,
    ) -> None:
        self.path = path
        self.clock = clock
        self.boot_id = boot_id
        self.migrations = migrations
        self.journal_id = ""
        self._notify: Callable[[], None] = _nothing
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._connection: sqlite3.Connection | None = None
        self._lock = -1
        self._head: tuple[int, str] | None = None
        self._anchored: Anchor | None = None
        self._held = 0
        # Whether the two are on disk.
        self._marks_saved = True
        self._checkpoint = checkpoint_of(None)

    async def start(self) -> None:
        """Open the journal, or begin a new one where there is none. Raises JournalError when it does not check."""
        self._lock = journal_file.lock(self.path)
        try:
            await self._run(self._open)
        except BaseException:
            await self.stop()
            raise

    async def look(self) -> None:
        """Open the journal as it is at this moment, to read alone, beside the agent that may own it.

        Raises JournalError when it does not check, or SQLite finds the file damaged.
        """
        await self._run(self._look)

    @property
    def is_owned(self) -> bool:
        """Whether an agent has it open. Raises OSError where that cannot be found out."""
        return journal_file.is_locked(self.path)

    async def stop(self) -> None:
        """Save what is only in memory, and close."""
        if self._connection is not None:
            await self._run(self._close)
        self._thread.shutdown()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def on_append(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the loop after each append."""
        self._notify = callback

    async def append(self, *records: Record) -> list[Entry]:
        """See `agent.journal.ports.Journal.append`."""
        entries = await self._run(self._append, records)
        self._notify()
        return entries

    async def about(self, sale: str) -> list[Entry]:
        """See `agent.journal.ports.Journal.about`."""
        return await self._run(self._entries, "sale = ? AND sale != '' ORDER BY sequence", (sale,))

    async def sale_of(self, till: str) -> str:
        """See `agent.journal.ports.Journal.sale_of`."""
        found = await self._run(self._entries, "till = ? AND till != '' ORDER BY sequence DESC LIMIT 1", (till,))
        return str(found[0].body["sale"]) if found else ""

    async def last(self, kind: str) -> Entry | None:
        """See `agent.journal.ports.Journal.last`."""
        found = await self.recent(kind, 1)
        return found[0] if found else None

    async def recent(self, kind: str, most: int, skip: int = 0) -> list[Entry]:
        """See `agent.journal.ports.Journal.recent`."""
        condition = "kind = ? ORDER BY sequence DESC LIMIT ? OFFSET ?"
        return await self._run(self._entries, condition, (kind, most, skip))

    async def open_sales(self, opened: str, closed: tuple[str, ...]) -> list[str]:
        """See `agent.journal.ports.Journal.open_sales`."""
        marks = ", ".join("?" * len(closed))
        query = (
            "SELECT sale FROM entries AS o WHERE kind = ? AND NOT EXISTS "  # noqa: S608 - only placeholders are joined
            "(SELECT 1 FROM entries AS c WHERE c.sale = o.sale AND c.sale != '' AND c.sequence > o.sequence"
            f" AND c.kind IN ({marks})) GROUP BY sale ORDER BY MIN(sequence)"
        )
        rows = await self._run(self._query, query, (opened, *closed))
        return [str(row[0]) for row in rows]

    async def after(self, sequence: int, most: int) -> list[Entry]:
        """See `agent.journal.ports.Journal.after`."""
        return await self._run(self._entries, "sequence > ? ORDER BY sequence LIMIT ?", (sequence, most))

    async def head(self) -> int:
        """See `agent.journal.ports.Journal.head`."""
        rows = await self._run(self._query, "SELECT MAX(sequence) FROM entries", ())
        return int(rows[0][0] or 0)

    async def size_kib(self) -> int:
        """See `agent.journal.ports.Journal.size_kib`."""
        return await self._run(journal_file.size_kib, self.path)

    async def acknowledged(self) -> int:
        """See `agent.journal.ports.Journal.acknowledged`."""
        return self._anchored.sequence if self._anchored else 0

    async def counter(self) -> int:
        """See `agent.journal.ports.Journal.counter`."""
        return self._anchored.counter if self._anchored else 0

    async def anchor(self, anchor: Anchor) -> bool:
        """See `agent.journal.ports.Journal.anchor`."""
        if not self._fits(anchor, await self._run(self._hash_of, anchor.sequence)):
            return False
        self._anchored = anchor
        self._marks_saved = False
        return True

    async def note_held(self, sequence: int) -> None:
        """See `agent.journal.ports.Journal.note_held`."""
        if sequence > self._held:
            self._held = sequence
            self._marks_saved = False

    async def pruned(self) -> int:
        """See `agent.journal.ports.Journal.pruned`."""
        return self._checkpoint.to

    async def prune(self, to: int, why: str, pending: tuple[Pending, ...], device: Device) -> None:
        """See `agent.journal.ports.Journal.prune`."""
        await self._run(self._prune, to, why, pending, device)
        self._notify()
        # A second turn on the journal's thread: a sale that came meanwhile goes first.
        await self._run(lambda: journal_pruning.give_space_back(self._open_connection()))

    async def begin_anew(self, told: dict[str, object], *records: Record) -> Path:
        """Keep the journal as evidence and go on in a new one, whose first entry names it and what is `told` of it.

        `records` follow that entry. Returns where the old one is kept. A power cut leaves the old journal or the new
        one in force. Raises JournalError.
        """
        return await self._run(self._begin_anew, told, records)

    async def next_session(self) -> int:
        """See `agent.journal.ports.Journal.next_session`."""
        return await self._run(self._next_session)

    async def _run(self, work: Callable[..., Result], *arguments: object) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        except (sqlite3.Error, OSError, CanonicalError) as error:
            # What the disk holds now is not known: look before the next append.
            self._head = None
            raise JournalError(f"{self.path}: {error}") from error

    def _open(self) -> None:
        if not self.path.exists():
            self._create(0, Record(CREATED, {}))
        self._connection = journal_file.connect(self.path)
        journal_schema.bring(self.path, self._connection, self.migrations)
        self._check(self._connection)

    def _look(self) -> None:
        self._connection = journal_file.connect_to_read(self.path)
        damage = str(self._query("PRAGMA quick_check(1)", ())[0][0])
        if damage != "ok":
            raise JournalError(f"{self.path}: {damage}; {journal_file.REMEDY}")
        self._check(self._connection)

    def _check(self, connection: sqlite3.Connection) -> None:
        try:
            self._read_meta(dict(connection.execute("SELECT key, value FROM meta").fetchall()))
            self._verify()
        except (JournalError, ValueError, KeyError, TypeError) as error:
            why = error if isinstance(error, JournalError) else "its own record was altered"
            raise JournalError(f"{self.path}: {why}; {journal_file.REMEDY}") from error

    def _create(self, session: int, *records: Record) -> None:
        journal_id = secrets.token_hex(16)
        meta = {"journal_id": journal_id, "session": str(session)}
        journal_file.create(self.path, meta, self._line(journal_id, 0, GENESIS, records))

    def _begin_anew(self, told: dict[str, object], records: tuple[Record, ...]) -> Path:
        sequence, digest = self._head or self._read_head()
        held = max(self._held, self._anchored.sequence if self._anchored else 0)
        before = {"journal_id": self.journal_id, "sequence": sequence, "hash": digest, "held": held}
        # Connections are counted on: a session is never used twice.
        session = self._query("SELECT COALESCE(MAX(CAST(value AS INTEGER)), 0) FROM meta WHERE key = 'session'", ())
        self._close()
        kept = journal_file.keep(self.path, self.journal_id)
        self._create(session[0][0], Record(CREATED, {"before": before, **told}), *records)
        self._head = self._anchored = None
        self._open()
        return kept

    def _read_meta(self, meta: dict[str, str]) -> None:
        self.journal_id = str(meta["journal_id"])
        if "anchor" in meta:
            kept = json.loads(meta["anchor"])
            if isinstance(kept, list):  # from before acknowledgements were counted
                kept = {"counter": 0, **dict(zip(("sequence", "head_hash", "key_id", "signature"), kept, strict=True))}
            self._anchored = anchor_of(kept)
        self._held = int(meta.get("held", "0"))

    def _close(self) -> None:
        connection = self._open_connection()
        if not self._marks_saved:
            self._save_marks(connection)
        connection.close()
        self._connection = None

    def _append(self, records: tuple[Record, ...]) -> list[Entry]:
        with self._commit() as connection:
            entries = self._chained(connection, records)
        self._head = (entries[-1].sequence, entries[-1].digest)
        return entries

    def _prune(self, to: int, why: str, pending: tuple[Pending, ...], device: Device) -> None:
        anchor, first = self._anchored, self._checkpoint.to + 1
        if anchor is None or not first <= to < anchor.sequence:
            raise JournalError(f"{self.path}: entries {first} to {to} are not all in front of what is acknowledged")
        with self._commit() as connection:
            checkpoint = journal_pruning.take_out(connection, to, pending)
            entry = self._chained(connection, (checkpoint.record(self.journal_id, first, why, anchor, device),))[0]
            # What is left must reach back to what the next start takes for acknowledged.
            self._save_marks(connection)
        self._head = (entry.sequence, entry.digest)
        self._checkpoint = checkpoint

    @contextmanager
    def _commit(self) -> Iterator[sqlite3.Connection]:
        """All that is done within, and the latest anchor, reach the disk together or not at all."""
        connection = self._open_connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            if not self._marks_saved:
                self._save_marks(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._marks_saved = True

    def _chained(self, connection: sqlite3.Connection, records: tuple[Record, ...]) -> list[Entry]:
        sequence, previous = self._head or self._read_head()
        entries = self._line(self.journal_id, sequence, previous, records)
        for entry in entries:
            journal_file.insert(connection, entry)
        return entries

    def _line(self, journal_id: str, sequence: int, previous: str, records: tuple[Record, ...]) -> list[Entry]:
        """The entries that write `records` down behind the entry `sequence`, whose hash is `previous`."""
        entries = []
        for record in records:
            sequence += 1
            entry = chain(journal_id, sequence, previous, record, self._stamp())
            entries.append(entry)
            previous = entry.digest
        return entries

    def _save_marks(self, connection: sqlite3.Connection) -> None:
        marks = [("held", str(self._held))]
        if self._anchored is not None:
            marks.append(("anchor", json.dumps(self._anchored.fields())))
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", marks)

    def _next_session(self) -> int:
        connection = self._open_connection()
        row = connection.execute(
            "INSERT INTO meta VALUES ('session', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value"
        ).fetchone()
        return int(row[0])

    def _read_head(self) -> tuple[int, str]:
        row = self._query("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1", ())[0]
        return int(row[0]), str(row[1])

    def _entries(self, condition: str, arguments: tuple[object, ...]) -> list[Entry]:
        rows = self._query(f"SELECT data, hash FROM entries WHERE {condition}", arguments)  # noqa: S608 - our own texts
        return [Entry(json.loads(bytes(row[0])), bytes(row[0]), str(row[1])) for row in rows]

    def _query(self, query: str, arguments: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return self._open_connection().execute(query, arguments).fetchall()

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise JournalError(f"{self.path}: the journal is closed")
        return self._connection

    def _stamp(self) -> Stamp:
        return Stamp(self.clock.utc(), self.clock.state(), self.boot_id, monotonic_ms())

    def _verify(self) -> None:
        self._checkpoint = journal_check.check(self._open_connection(), self.journal_id)
        anchor = self._anchored
        if anchor is not None and not self._fits(anchor, self._hash_of(anchor.sequence)):
            raise JournalError(f"entry {anchor.sequence} is missing or another than the backend countersigned")

    def _fits(self, anchor: Anchor, found: str | None) -> bool:
        """Whether `anchor` is of this journal, in which an entry with the hash `found` is at its place, or none."""
        return found == anchor.head_hash or (found is None and 0 < anchor.sequence <= self._checkpoint.to)

    def _hash_of(self, sequence: int) -> str | None:
        if sequence == 0:
            return GENESIS
        rows = self._query("SELECT hash FROM entries WHERE sequence = ?", (sequence,))
        return str(rows[0][0]) if rows else None


def _nothing() -> None:
    return None
