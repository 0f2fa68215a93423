"""How events become stored journals: repeats vanish, and forks, breaks, gaps and new journals show."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from agent.journal.entry import GENESIS
from tools.fleet.alarms import raise_alarm
from tools.fleet.contract import Event
from tools.fleet.rows import Alarm, Journal
from tools.fleet.tables import alarms, events, journals

FORK = "fork"
CHAIN_BREAK = "chain_break"
GAP = "gap"
NEW_JOURNAL = "new_journal"

JournalKey = tuple[str, str]
EventKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Head:
    """A journal is stored, whole and verified, from its first entry up to `sequence`, whose hash is `hash`."""

    terminal: str
    journal_id: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class _Link:
    """What the chain needs to know of an entry: its hash and that of the entry before."""

    hash: str
    previous: str


class Intake:
    """Takes the events of one transaction; what it reads and writes is committed by the caller."""

    def __init__(self, connection: Connection, now: str) -> None:
        self._connection = connection
        self._now = now
        self._journals: dict[JournalKey, Journal] = {}
        # What this transaction read or inserted, so that it need not be read again.
        self._links: dict[EventKey, _Link] = {}

    def take(self, batch: Sequence[Event]) -> list[Head]:
        """Store what is new in `batch` and return the head of every journal in it that has one."""
        rows: list[dict[str, object]] = []
        for event in batch:
            journal = self._journal(event)
            stored = self._find(journal, event.entry.sequence)
            if stored is None:
                self._links[event.key] = _Link(event.hash, event.entry.previous)
                journal.last_sequence = max(journal.last_sequence, event.entry.sequence)
                rows.append(_row(event, self._now))
            elif stored.hash != event.hash:
                self._fork(journal, event, stored.hash)
        if rows:
            self._connection.execute(insert(events), rows)
        for journal in self._journals.values():
            self._advance(journal)
        self._save()
        return [_head(journal) for journal in self._journals.values() if journal.stored_sequence > 0]

    def _journal(self, event: Event) -> Journal:
        terminal, journal_id, _ = event.key
        journal = self._journals.get((terminal, journal_id))
        if journal is None:
            wanted = (journals.c.terminal == terminal) & (journals.c.journal_id == journal_id)
            row = self._connection.execute(select(journals).where(wanted)).first()
            journal = self._begin(event) if row is None else Journal(**row._mapping)
            self._journals[terminal, journal_id] = journal
        return journal

    def _begin(self, event: Event) -> Journal:
        terminal, journal_id, _ = event.key
        others = select(journals.c.journal_id, journals.c.stored_sequence).where(journals.c.terminal == terminal)
        before = self._connection.execute(others.order_by(journals.c.last_seen.desc()).limit(1)).first()
        journal = Journal(terminal, journal_id, 0, GENESIS, 0, None, self._now, self._now)
        self._connection.execute(insert(journals).values(asdict(journal)))
        if before is not None:
            detail = f"the terminal goes on in another journal; {before[0]} is stored up to {before[1]}"
            self._alarm(journal, NEW_JOURNAL, event.entry.sequence, detail)
        return journal

    def _find(self, journal: Journal, sequence: int) -> _Link | None:
        """The hash and the predecessor's hash of the entry stored at `sequence`."""
        if sequence > journal.last_sequence:
            return None
        key = (journal.terminal, journal.journal_id, sequence)
        if key not in self._links:
            wanted = (events.c.terminal == key[0]) & (events.c.journal_id == key[1]) & (events.c.sequence == sequence)
            row = self._connection.execute(select(events.c.hash, events.c.previous).where(wanted)).first()
            if row is None:
                return None
            self._links[key] = _Link(row.hash, row.previous)
        return self._links[key]

    def _fork(self, journal: Journal, event: Event, stored: str) -> None:
        """Two entries claim one place: the terminal was cloned, or its journal rewritten. The first one stays."""
        sequence = event.entry.sequence
        journal.fork_sequence = min(sequence, journal.fork_sequence or sequence)
        detail = f"entry {sequence} is stored with the hash {stored}; another one came with {event.hash}"
        self._alarm(journal, FORK, sequence, detail)

    def _advance(self, journal: Journal) -> None:
        """Move the head over every entry that follows it, up to a gap, a break of the chain or a fork."""
        had_more = journal.stored_sequence < journal.last_sequence
        while not _is_forked(journal):
            following = self._next(journal)
            if following is None or not self._follows(journal, following):
                break
            journal.stored_sequence += 1
            journal.head_hash = following.hash
        if journal.stored_sequence < journal.last_sequence and self._next(journal) is None:
            self._open_gap(journal)
        elif had_more:
            self._close_gap(journal)

    def _next(self, journal: Journal) -> _Link | None:
        return self._find(journal, journal.stored_sequence + 1)

    def _follows(self, journal: Journal, following: _Link) -> bool:
        if following.previous == journal.head_hash:
            return True
        sequence = journal.stored_sequence + 1
        detail = f"entry {sequence} names {following.previous} as the one before it; that is {journal.head_hash}"
        self._alarm(journal, CHAIN_BREAK, sequence, detail)
        return False

    def _open_gap(self, journal: Journal) -> None:
        if self._connection.execute(select(alarms.c.id).where(_open_gap_of(journal))).first() is None:
            missing = journal.stored_sequence + 1
            detail = f"entry {missing} is missing; entries up to {journal.last_sequence} came"
            self._alarm(journal, GAP, missing, detail)

    def _close_gap(self, journal: Journal) -> None:
        self._connection.execute(update(alarms).where(_open_gap_of(journal)).values(cleared_at=self._now))

    def _alarm(self, journal: Journal, kind: str, sequence: int, detail: str) -> None:
        """Raise an alarm once: the same kind at the same place again says nothing new."""
        raise_alarm(self._connection, Alarm(journal.terminal, journal.journal_id, kind, sequence, detail, self._now))

    def _save(self) -> None:
        rows = [
            {
                "of_terminal": journal.terminal,
                "of_journal": journal.journal_id,
                "stored_sequence": journal.stored_sequence,
                "head_hash": journal.head_hash,
                "last_sequence": journal.last_sequence,
                "fork_sequence": journal.fork_sequence,
                "last_seen": self._now,
            }
            for journal in self._journals.values()
        ]
        which = (journals.c.terminal == bindparam("of_terminal")) & (journals.c.journal_id == bindparam("of_journal"))
        if rows:
            self._connection.execute(update(journals).where(which), rows)


def _head(journal: Journal) -> Head:
    return Head(journal.terminal, journal.journal_id, journal.stored_sequence, journal.head_hash)


def _is_forked(journal: Journal) -> bool:
    """Whether the head stands at a fork or behind one: what is stored there may not be what the terminal holds."""
    return journal.fork_sequence is not None and journal.stored_sequence >= journal.fork_sequence


def _open_gap_of(journal: Journal) -> ColumnElement[bool]:
    return (
        (alarms.c.terminal == journal.terminal)
        & (alarms.c.journal_id == journal.journal_id)
        & (alarms.c.kind == GAP)
        & alarms.c.cleared_at.is_(None)
    )


def _row(event: Event, now: str) -> dict[str, object]:
    entry = event.entry
    return {
        "terminal": event.terminal,
        "journal_id": entry.journal_id,
        "sequence": entry.sequence,
        "hash": event.hash,
        "previous": entry.previous,
        "kind": entry.kind,
        "time": entry.time,
        "clock": entry.clock,
        "boot_id": entry.boot_id,
        "entry": event.text,
        "received_at": now,
    }
