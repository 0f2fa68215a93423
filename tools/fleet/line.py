"""A journal's line in the store: entries that follow each other, from the first one or from behind a checkpoint.

Its head moves over what follows it, and is what may be acknowledged. What does not follow is set aside.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, exists, func, insert, select

from agent.journal.pruning import PRUNED
from agent.report.delivery import WINDOW
from tools.fleet import gaps
from tools.fleet.alarms import raise_alarm
from tools.fleet.contract import Event, event_of
from tools.fleet.forms import Pruned
from tools.fleet.rows import Alarm, Journal
from tools.fleet.tables import events, journals, strays

# An entry does not name the one before it, or is another than was acknowledged once.
CHAIN_BREAK = "chain_break"
# Entries that nobody has any more: this store lost them, and the terminal had pruned them.
ENTRIES_LOST = "entries_lost"
# How many checkpoints are looked at for the one that says where a journal goes on.
_CHECKPOINTS = 20


# Says what a checkpoint tells, None when it is not proven.
Prove = Callable[[Connection, Event], Pruned | None]
JournalKey = tuple[str, str]
EventKey = tuple[str, str, int]

# How many places behind a head are read at once. A terminal sends no more than a window ahead; what one that is up to
# no good has stored behind a gap is not all read again with each batch.
_MOST_AHEAD = 2 * WINDOW
_AHEAD = (
    select(events.c.terminal, events.c.journal_id, events.c.sequence, events.c.kind, events.c.hash, events.c.previous)
    .join(journals, (events.c.terminal == journals.c.terminal) & (events.c.journal_id == journals.c.journal_id))
    .where(
        journals.c.terminal.in_(bindparam("terminals", expanding=True)),
        journals.c.last_sequence > journals.c.stored_sequence,
        events.c.sequence > journals.c.stored_sequence,
        events.c.sequence <= journals.c.stored_sequence + _MOST_AHEAD,
    )
)


@dataclass(frozen=True, slots=True)
class Link:
    """What the chain needs to know of an entry: its hash and that of the entry before."""

    hash: str
    previous: str


class Line:
    """The lines of the journals of one transaction, which the caller commits."""

    def __init__(self, connection: Connection, now: str, prove: Prove | None) -> None:
        self._connection = connection
        self._now = now
        self._prove = prove
        # What this transaction read or inserted, so that it need not be read again.
        self._links: dict[EventKey, Link] = {}
        # Of each known journal the head before this transaction, behind which `_MOST_AHEAD` places were read, and the
        # journals that may have checkpoints behind it.
        self._heads: dict[JournalKey, int] = {}
        self._pruned: set[JournalKey] = set()
        # Those whose heads moved on from a gap.
        self._past_gaps: list[Journal] = []
        # The terminals of which entries were set aside that had a place before.
        self.moved: set[str] = set()

    def read_ahead(self, known: Iterable[Journal]) -> None:
        """Read at once what is stored behind the heads of the journals `known`, as they are stored.

        Where workers share the events, that is about much of what comes.
        """
        gaps_of = set()
        for journal in known:
            key = (journal.terminal, journal.journal_id)
            self._heads[key] = journal.stored_sequence
            if journal.last_sequence > journal.stored_sequence:
                gaps_of.add(journal.terminal)
            if journal.last_sequence > journal.stored_sequence + _MOST_AHEAD:
                self._pruned.add(key)
        for row in self._connection.execute(_AHEAD, {"terminals": list(gaps_of)}) if gaps_of else ():
            self._note(row.terminal, row.journal_id, row.sequence, row.kind, Link(row.hash, row.previous))

    def insert(self, journal: Journal, event: Event) -> None:
        """Note that `event`, which the caller stores, takes its place."""
        self._note(*event.key, event.entry.kind, Link(event.hash, event.entry.previous))
        journal.last_sequence = max(journal.last_sequence, event.entry.sequence)

    def find(self, journal: Journal, sequence: int) -> Link | None:
        """The hash and the predecessor's hash of the entry stored at `sequence`."""
        if sequence > journal.last_sequence:
            return None
        key = (journal.terminal, journal.journal_id, sequence)
        if key not in self._links:
            head = self._heads.get(key[:2], 0)
            if head < sequence <= head + _MOST_AHEAD:
                return None
            wanted = (events.c.terminal == key[0]) & (events.c.journal_id == key[1]) & (events.c.sequence == sequence)
            row = self._connection.execute(select(events.c.hash, events.c.previous).where(wanted)).first()
            if row is None:
                return None
            self._links[key] = Link(row.hash, row.previous)
        return self._links[key]

    def is_stray(self, journal: Journal, sequence: int, digest: str) -> bool:
        """Whether the entry at `sequence` with the hash `digest` was set aside."""
        return self.has(of(strays, journal, sequence) & (strays.c.hash == digest))

    def advance(self, journal: Journal) -> None:
        """Move the head over every entry that follows it, up to a gap or an entry that does not follow."""
        before = journal.stored_sequence
        following = self._follow(journal)
        if following is None and self._skip_pruned(journal):
            following = self._follow(journal)
        if following is not None:
            self._set_aside(journal, following)
        self._note_gap(journal, moved=journal.stored_sequence > before)

    def clear_gaps(self) -> None:
        """Clear the alarms of gaps that heads have moved over."""
        gaps.clear(self._connection, self._past_gaps, self._now)

    def _follow(self, journal: Journal) -> Link | None:
        """Move the head as far as entries follow; the one behind it that does not, None when none is there."""
        following = self._next(journal)
        while following is not None and _follows(journal, following):
            journal.stored_sequence += 1
            journal.head_hash = following.hash
            following = self._next(journal)
        return following

    def _skip_pruned(self, journal: Journal) -> bool:
        """Whether the head was moved behind entries that nobody has any more, as a checkpoint in the line proves."""
        if self._prove is None or (journal.terminal, journal.journal_id) not in self._pruned:
            return False
        behind = of(events, journal) & (events.c.kind == PRUNED) & (events.c.sequence > journal.stored_sequence)
        newest = select(events).where(behind).order_by(events.c.sequence.desc()).limit(_CHECKPOINTS)
        for row in self._connection.execute(newest).all():
            pruned = self._prove(self._connection, event_of(row.terminal, row.entry, row.hash))
            if pruned is not None and pruned.to > journal.stored_sequence:
                first = self.find(journal, pruned.to + 1)
                if first is not None and first.previous == pruned.hash:
                    self._skip(journal, pruned)
                    return True
        return False

    def _skip(self, journal: Journal, pruned: Pruned) -> None:
        first = journal.stored_sequence + 1
        detail = f"entries {first} to {pruned.to} are lost here, and the terminal had pruned them"
        self.alarm(journal, ENTRIES_LOST, first, detail)
        # What came of them proves nothing without the others.
        lost = of(events, journal) & events.c.sequence.between(first, pruned.to)
        self._move_aside(journal, lost)
        journal.stored_sequence, journal.head_hash = pruned.to, pruned.hash
        journal.promised_sequence, journal.promised_hash = pruned.anchor.sequence, pruned.anchor.head_hash

    def _note(self, terminal: str, journal_id: str, sequence: int, kind: str, link: Link) -> None:
        self._links[terminal, journal_id, sequence] = link
        if kind == PRUNED:
            self._pruned.add((terminal, journal_id))

    def _note_gap(self, journal: Journal, moved: bool) -> None:
        if moved and journal.gap_since is not None:
            self._past_gaps.append(journal)
        if journal.stored_sequence == journal.last_sequence:
            journal.gap_since = None
        elif moved or journal.gap_since is None:
            journal.gap_since = self._now

    def _set_aside(self, journal: Journal, following: Link) -> None:
        """The entry behind the head does not follow it: its place is free for the one that does."""
        sequence = journal.stored_sequence + 1
        if not self.is_stray(journal, sequence - 1, following.previous):
            self.alarm(journal, CHAIN_BREAK, sequence, _why_not(journal, following))
        journal.fork_sequence = min(sequence, journal.fork_sequence or sequence)
        self._move_aside(journal, of(events, journal, sequence))
        del self._links[journal.terminal, journal.journal_id, sequence]
        highest = self._connection.execute(select(func.max(events.c.sequence)).where(of(events, journal))).scalar()
        journal.last_sequence = max(highest or 0, journal.stored_sequence)

    def _move_aside(self, journal: Journal, which: ColumnElement[bool]) -> None:
        """Set aside the entries that `which` names, those that are there already but once."""
        kept = exists().where(*(strays.c[name] == events.c[name] for name in ("terminal", "journal_id", "hash")))
        columns = [column.name for column in events.columns]
        self._connection.execute(insert(strays).from_select(columns, select(events).where(which & ~kept)))
        self._connection.execute(delete(events).where(which))
        self.moved.add(journal.terminal)

    def _next(self, journal: Journal) -> Link | None:
        return self.find(journal, journal.stored_sequence + 1)

    def alarm(self, journal: Journal, kind: str, sequence: int, detail: str) -> None:
        """Raise an alarm once: the same kind at the same place again says nothing new."""
        raise_alarm(self._connection, Alarm(journal.terminal, journal.journal_id, kind, sequence, detail, self._now))

    def has(self, condition: ColumnElement[bool]) -> bool:
        """Whether there is a row of the kind that `condition` names."""
        return self._connection.execute(select(exists().where(condition))).scalar_one()


def _follows(journal: Journal, following: Link) -> bool:
    """Whether `following` is the entry behind the head, and the one that was acknowledged once if it was."""
    promised = journal.promised_hash if journal.promised_sequence == journal.stored_sequence + 1 else following.hash
    return (following.previous, following.hash) == (journal.head_hash, promised)


def _why_not(journal: Journal, following: Link) -> str:
    sequence = journal.stored_sequence + 1
    if following.previous == journal.head_hash:
        return f"entry {sequence} is {following.hash}; what was acknowledged before is {journal.promised_hash}"
    return f"entry {sequence} names {following.previous} as the one before it; that is {journal.head_hash}"


def of(table: Table, journal: Journal, sequence: int | None = None) -> ColumnElement[bool]:
    """The rows of `table` about `journal`, or about one entry of it."""
    rows = (table.c.terminal == journal.terminal) & (table.c.journal_id == journal.journal_id)
    return rows if sequence is None else rows & (table.c.sequence == sequence)
