"""How events become stored journals: repeats vanish, and forks, copies, breaks, gaps and new journals show.

A journal is one line of entries, each of which names the one before. What is no part of it, because another entry came
first or because it does not follow, is set aside and kept: a terminal whose journal was put back or copied goes on in a
line of its own. The first line is acknowledged all the same; a terminal in another one learns by that where it stands.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, exists, func, insert, select, update

from agent.journal.entry import GENESIS
from agent.report.delivery import WINDOW
from tools.fleet import gaps
from tools.fleet.alarms import raise_alarm
from tools.fleet.contract import Event, Report
from tools.fleet.orders import milliseconds
from tools.fleet.rows import Alarm, Journal
from tools.fleet.tables import alarms, events, journals, strays

# Another entry came for a place that is taken: the journal was put back, copied or rewritten.
FORK = "fork"
# The terminal says that it does not hold what is acknowledged: an old copy of its journal was put back.
RESTORED = "restored"
# The line that a fork departed from went on: the journal is in two terminals.
CLONED = "cloned"
CHAIN_BREAK = "chain_break"
NEW_JOURNAL = "new_journal"

JournalKey = tuple[str, str]
EventKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Head:
    """A journal is stored, whole and verified, from its first entry up to `sequence`, whose hash is `hash`.

    `counter` rises with each one of a journal, in the order of the commits.
    Where it is in several lines, `held` are the hashes of what came just now and is kept, in whichever of them.
    """

    terminal: str
    journal_id: str
    sequence: int
    hash: str
    counter: int
    held: list[str]


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
        self._came: dict[JournalKey, list[str]] = {}

    def take(self, batch: Sequence[Event | Report]) -> list[Head]:
        """Store what is new in `batch`; return the head of each journal that an event or a new session belongs to."""
        rows: list[dict[str, object]] = []
        for message in batch:
            if isinstance(message, Report):
                self._hear(message)
                continue
            self._came.setdefault(message.key[:2], []).append(message.hash)
            if self._place(message):
                rows.append(_row(message, self._now))
        if rows:
            self._connection.execute(insert(events), rows)
        for journal in self._journals.values():
            self._advance(journal)
            # It follows the clock, so that it does not fall either when the store is restored from a copy.
            journal.ack_counter = max(milliseconds(datetime.fromisoformat(self._now)), journal.ack_counter + 1)
        self._save()
        return [self._head(journal) for journal in self._journals.values() if journal.stored_sequence > 0]

    def _hear(self, report: Report) -> None:
        """A terminal that comes online is told how far its journal is stored: it may not hold that any more."""
        state = report.greeting
        if state is None:
            return
        journal = self._known(report.terminal, state.journal_id)
        told = alarms.c.kind.in_((RESTORED, CLONED)) & alarms.c.cleared_at.is_(None)
        if journal is not None and state.disowned and not self._has(_of(alarms, journal) & told):
            detail = (
                f"the terminal does not hold entry {state.disowned}, which is acknowledged: its journal was put back"
            )
            self._alarm(journal, RESTORED, journal.fork_sequence or state.disowned, detail)

    def _place(self, event: Event) -> bool:
        """Whether `event` takes its place in the journal; one that comes a second time, or too late, does not."""
        journal, entry = self._journal(event), event.entry
        stored = self._find(journal, entry.sequence)
        if stored is not None and stored.hash == event.hash:
            return False
        follows_stray = journal.fork_sequence is not None and self._is_stray(
            journal, entry.sequence - 1, entry.previous
        )
        if stored is not None or follows_stray:
            if stored is not None and not follows_stray:
                self._fork(journal, event, stored.hash)
            if not self._is_stray(journal, entry.sequence, event.hash):
                self._connection.execute(insert(strays).values(_row(event, self._now)))
            return False
        if journal.fork_sequence is not None and _goes_on(journal, event):
            self._cloned(journal, journal.fork_sequence)
        self._links[event.key] = _Link(event.hash, entry.previous)
        journal.last_sequence = max(journal.last_sequence, entry.sequence)
        return True

    def _journal(self, event: Event) -> Journal:
        terminal, journal_id, _ = event.key
        journal = self._known(terminal, journal_id)
        if journal is None:
            journal = self._journals[terminal, journal_id] = self._begin(event)
        return journal

    def _known(self, terminal: str, journal_id: str) -> Journal | None:
        journal = self._journals.get((terminal, journal_id))
        if journal is None:
            wanted = (journals.c.terminal == terminal) & (journals.c.journal_id == journal_id)
            row = self._connection.execute(select(journals).where(wanted)).first()
            if row is not None:
                journal = self._journals[terminal, journal_id] = Journal(**row._mapping)
        return journal

    def _begin(self, event: Event) -> Journal:
        terminal, journal_id, _ = event.key
        others = select(journals.c.journal_id, journals.c.stored_sequence).where(journals.c.terminal == terminal)
        before = self._connection.execute(others.order_by(journals.c.last_seen.desc()).limit(1)).first()
        journal = Journal(terminal, journal_id, 0, GENESIS, 0, None, None, 0, self._now, self._now)
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
        """Two entries claim one place: the terminal was cloned, or its journal put back or rewritten. The first stays.

        What follows the second one is set aside with it, and is no news.
        """
        sequence = event.entry.sequence
        journal.fork_sequence = min(sequence, journal.fork_sequence or sequence)
        detail = f"entry {sequence} is stored with the hash {stored}; another one came with {event.hash}"
        self._alarm(journal, FORK, sequence, detail)

    def _is_stray(self, journal: Journal, sequence: int, digest: str) -> bool:
        return self._has(_of(strays, journal, sequence) & (strays.c.hash == digest))

    def _cloned(self, journal: Journal, sequence: int) -> None:
        detail = f"entries went on behind {journal.stored_sequence} after others came from {sequence} on: two terminals"
        self._alarm(journal, CLONED, sequence, detail)
        restored = _of(alarms, journal) & (alarms.c.kind == RESTORED) & alarms.c.cleared_at.is_(None)
        self._connection.execute(update(alarms).where(restored).values(cleared_at=self._now))

    def _advance(self, journal: Journal) -> None:
        """Move the head over every entry that follows it, up to a gap or an entry that does not follow."""
        before = journal.stored_sequence
        following = self._next(journal)
        while following is not None and following.previous == journal.head_hash:
            journal.stored_sequence += 1
            journal.head_hash = following.hash
            following = self._next(journal)
        if following is not None:
            self._set_aside(journal, following)
        self._note_gap(journal, moved=journal.stored_sequence > before)

    def _note_gap(self, journal: Journal, moved: bool) -> None:
        if moved and journal.gap_since is not None:
            gaps.clear(self._connection, journal.terminal, journal.journal_id, journal.stored_sequence, self._now)
        if journal.stored_sequence == journal.last_sequence:
            journal.gap_since = None
        elif moved or journal.gap_since is None:
            journal.gap_since = self._now

    def _set_aside(self, journal: Journal, following: _Link) -> None:
        """The entry behind the head does not follow it: its place is free for the one that does."""
        sequence = journal.stored_sequence + 1
        if not self._is_stray(journal, sequence - 1, following.previous):
            detail = f"entry {sequence} names {following.previous} as the one before it; that is {journal.head_hash}"
            self._alarm(journal, CHAIN_BREAK, sequence, detail)
        journal.fork_sequence = min(sequence, journal.fork_sequence or sequence)
        here = _of(events, journal, sequence)
        if not self._is_stray(journal, sequence, following.hash):
            columns = [column.name for column in events.columns]
            self._connection.execute(insert(strays).from_select(columns, select(events).where(here)))
        self._connection.execute(delete(events).where(here))
        del self._links[journal.terminal, journal.journal_id, sequence]
        highest = self._connection.execute(select(func.max(events.c.sequence)).where(_of(events, journal))).scalar()
        journal.last_sequence = highest or 0

    def _head(self, journal: Journal) -> Head:
        key = journal.terminal, journal.journal_id
        # A terminal sends no more than a window ahead; of more than that it hears when it sends again.
        held = [] if journal.fork_sequence is None else self._came.get(key, [])[-WINDOW:]
        return Head(*key, journal.stored_sequence, journal.head_hash, journal.ack_counter, held)

    def _next(self, journal: Journal) -> _Link | None:
        return self._find(journal, journal.stored_sequence + 1)

    def _alarm(self, journal: Journal, kind: str, sequence: int, detail: str) -> None:
        """Raise an alarm once: the same kind at the same place again says nothing new."""
        raise_alarm(self._connection, Alarm(journal.terminal, journal.journal_id, kind, sequence, detail, self._now))

    def _has(self, condition: ColumnElement[bool]) -> bool:
        """Whether there is a row of the kind that `condition` names."""
        return self._connection.execute(select(exists().where(condition))).scalar_one()

    def _save(self) -> None:
        rows = [
            {
                "of_terminal": journal.terminal,
                "of_journal": journal.journal_id,
                "stored_sequence": journal.stored_sequence,
                "head_hash": journal.head_hash,
                "last_sequence": journal.last_sequence,
                "fork_sequence": journal.fork_sequence,
                "gap_since": journal.gap_since,
                "ack_counter": journal.ack_counter,
                "last_seen": self._now,
            }
            for journal in self._journals.values()
        ]
        which = (journals.c.terminal == bindparam("of_terminal")) & (journals.c.journal_id == bindparam("of_journal"))
        if rows:
            self._connection.execute(update(journals).where(which), rows)


def _goes_on(journal: Journal, event: Event) -> bool:
    """Whether `event` is the very next one of the line that is stored."""
    return (event.entry.sequence, event.entry.previous) == (journal.stored_sequence + 1, journal.head_hash)


def _of(table: Table, journal: Journal, sequence: int | None = None) -> ColumnElement[bool]:
    """The rows of `table` about `journal`, or about one entry of it."""
    rows = (table.c.terminal == journal.terminal) & (table.c.journal_id == journal.journal_id)
    return rows if sequence is None else rows & (table.c.sequence == sequence)


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
