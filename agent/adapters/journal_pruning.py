"""Takes entries out of a journal's file, within the transaction that is open, and gives the space back."""

import sqlite3

from agent.journal.pruning import Checkpoint, Pending, is_needed, kept_digest, staying

# Pages (of 4 KiB) that one step gives back; one step takes out fewer.
_PAGES = 500


def take_out(connection: sqlite3.Connection, to: int, pending: tuple[Pending, ...]) -> Checkpoint:
    """Delete up to `to` what nothing needs any more, and return the checkpoint that is to be written down."""
    digest = connection.execute("SELECT hash FROM entries WHERE sequence = ?", (to,)).fetchone()[0]
    rows = connection.execute("SELECT sequence, kind, sale FROM entries WHERE sequence <= ? ORDER BY sequence", (to,))
    entries: list[tuple[int, str, str]] = rows.fetchall()
    newest = {kind: _newest(connection, kind) for kind in {kind for _, kind, _ in entries}}
    sales = {sale for _, _, sale in entries if sale}
    needed = {sale for sale in sales if is_needed(_entries_of(connection, sale), to, pending)}
    stay = {sequence for sequence, _, _ in staying(entries, newest, needed)}
    gone = [(sequence,) for sequence, _, _ in entries if sequence not in stay]
    connection.executemany("DELETE FROM entries WHERE sequence = ?", gone)
    return Checkpoint(to, str(digest), kept_digest(kept(connection, to)))


def kept(connection: sqlite3.Connection, to: int) -> list[tuple[int, str]]:
    """The sequence and hash of the entries up to `to` that are there."""
    return connection.execute(
        "SELECT sequence, hash FROM entries WHERE sequence <= ? ORDER BY sequence", (to,)
    ).fetchall()


def give_space_back(connection: sqlite3.Connection) -> None:
    """Return a bounded number of free pages to the disk; without effect in a journal that older software began."""
    # As a script: `execute` takes one step, which is one page, and sees no rows that it could fetch.
    connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
    # The file becomes shorter when the write-ahead log is copied into it.
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _newest(connection: sqlite3.Connection, kind: str) -> int:
    return int(connection.execute("SELECT MAX(sequence) FROM entries WHERE kind = ?", (kind,)).fetchone()[0])


def _entries_of(connection: sqlite3.Connection, sale: str) -> list[tuple[int, str]]:
    query = "SELECT sequence, kind FROM entries WHERE sale = ? AND sale != '' ORDER BY sequence"
    return connection.execute(query, (sale,)).fetchall()
