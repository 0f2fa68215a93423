"""How events become stored journals: repeats vanish, and forks, copies, breaks, gaps and new journals show.

A journal is one line of entries, each of which names the one before. What is no part of it, because another entry came
first or because it does not follow, is set aside and kept: a terminal whose journal was put back or copied goes on in a
line of its own. The first line is acknowledged all the same; a terminal in another one learns by that where it stands.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from agent.journal.entry import GENESIS
from agent.report.delivery import WINDOW
from tools.fleet import clones, many, tails
from tools.fleet.contract import Event, Report
from tools.fleet.line import JournalKey, Line, Prove, of
from tools.fleet.orders import milliseconds
from tools.fleet.rows import Journal
from tools.fleet.tables import alarms, events, journals, strays

# Another entry came for a place that is taken: the journal was put back, copied or rewritten.
FORK = "fork"
# The terminal says that it does not hold what is acknowledged: an old copy of its journal was put back.
RESTORED = "restored"
# The line that a fork departed from went on, or a journal did after the terminal began another: two terminals.
CLONED = "cloned"
NEW_JOURNAL = "new_journal"

_INSERT_EVENTS, _INSERT_JOURNALS = insert(events), insert(journals)
_UPDATE = update(journals).where(
    journals.c.terminal == bindparam("of_terminal"), journals.c.journal_id == bindparam("of_journal")
)


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


class Intake:
    """Takes the events of one transaction; what it reads and writes is committed by the caller."""

    def __init__(self, connection: Connection, now: str, prove: Prove | None) -> None:
        self._connection = connection
        self._now = now
        self._line = Line(connection, now, prove)
        # Those that are stored of the terminals that say something, those that this is about, all of each terminal by
        # id, and its latest.
        self._known: dict[JournalKey, Journal] = {}
        self._journals: dict[JournalKey, Journal] = {}
        self._of: dict[str, dict[str, Journal]] = {}
        self._latest: dict[str, Journal] = {}
        self._came: dict[JournalKey, list[str]] = {}
        # What took its place in a journal, and the terminals of which others may be the latest entries by that.
        self.placed: list[Event] = []
        self.reordered: set[str] = set()

    def take(self, batch: Sequence[Event | Report]) -> list[Head]:
        """Store what is new in `batch`; return the head of each journal that an event or a new session belongs to.

        It is 0 where nothing can be acknowledged: a terminal that was acknowledged before sends all it has again.
        """
        placed = self.placed
        self._look_up(batch)
        self._line.read_ahead(self._known.values())
        begun = {key: journal.begun_at for key, journal in self._known.items()}
        for message in batch:
            if isinstance(message, Report):
                self._hear(message)
                continue
            self._came.setdefault(message.key[:2], []).append(message.hash)
            if self._place(message):
                placed.append(message)
        many.execute(self._connection, _INSERT_EVENTS, [_row(event, self._now) for event in placed])
        for journal in self._journals.values():
            self._line.advance(journal)
            # It follows the clock, so that it does not fall either when the store is restored from a copy.
            journal.ack_counter = max(milliseconds(datetime.fromisoformat(self._now)), journal.ack_counter + 1)
        self._line.clear_gaps()
        self._save()
        self._compare(placed)
        self._note_order({key for key, at in begun.items() if self._known[key].begun_at < at})
        return [self._head(journal) for journal in self._journals.values()]

    def _look_up(self, batch: Sequence[Event | Report]) -> None:
        names = {message.terminal for message in batch if isinstance(message, Event) or message.greeting is not None}
        for row in self._connection.execute(select(journals).where(journals.c.terminal.in_(names))) if names else ():
            self._known[row.terminal, row.journal_id] = journal = Journal(*row)
            self._of.setdefault(row.terminal, {})[row.journal_id] = journal
            self._latest[row.terminal] = max(journal, self._latest.get(row.terminal, journal), key=_last_seen)

    def _note_order(self, earlier: set[JournalKey]) -> None:
        """Journals turn out to have begun `earlier`: of terminals that have several, they may come in another order."""
        self.reordered |= self._line.moved
        self.reordered |= {terminal for terminal, _ in earlier if len(self._of[terminal]) > 1}

    def _compare(self, placed: Sequence[Event]) -> None:
        """Hold journals of one terminal against each other, with the events `placed` in them."""
        for event in placed:
            if event.entry.sequence == 1:
                tails.look(self._connection, event, self._now)
        tails.look_again(self._connection, self._journals, self._now)
        for event, why in clones.shown_by_events(self._of, placed):
            self._cloned_from_nothing(self._journals[event.key[:2]], event.entry.sequence, why)

    def _hear(self, report: Report) -> None:
        """A terminal that comes online is told how far its journal is stored: it may not hold that any more."""
        state = report.greeting
        if state is None:
            return
        journal = self._journal(report.terminal, state.journal_id)
        told = alarms.c.kind.in_((RESTORED, CLONED)) & alarms.c.cleared_at.is_(None)
        if state.disowned and not self._line.has(of(alarms, journal) & told):
            detail = (
                f"the terminal does not hold entry {state.disowned}, which is acknowledged: its journal was put back"
            )
            self._line.alarm(journal, RESTORED, journal.fork_sequence or state.disowned, detail)
        why = clones.shown_by_greeting(self._of, journal, self._now)
        self._cloned_from_nothing(journal, journal.last_sequence, why)

    def _place(self, event: Event) -> bool:
        """Whether `event` takes its place in the journal; one that comes a second time, or too late, does not."""
        entry = event.entry
        journal = self._journal(event.terminal, entry.journal_id)
        stored = self._line.find(journal, entry.sequence)
        if stored is not None and stored.hash == event.hash:
            return False
        follows_stray = journal.fork_sequence is not None and self._line.is_stray(
            journal, entry.sequence - 1, entry.previous
        )
        if stored is not None or follows_stray or entry.sequence <= journal.stored_sequence:
            if stored is not None and not follows_stray:
                self._fork(journal, event, stored.hash)
            if not self._line.is_stray(journal, entry.sequence, event.hash):
                self._connection.execute(insert(strays).values(_row(event, self._now)))
            return False
        if journal.fork_sequence is not None and _goes_on(journal, event):
            self._cloned(journal, journal.fork_sequence)
        self._line.insert(journal, event)
        if entry.clock == "synced":
            journal.begun_at = min(journal.begun_at, entry.time)
        return True

    def _journal(self, terminal: str, journal_id: str) -> Journal:
        key = terminal, journal_id
        if key not in self._journals:
            self._journals[key] = self._known.get(key) or self._begin(terminal, journal_id)
        return self._journals[key]

    def _begin(self, terminal: str, journal_id: str) -> Journal:
        before = self._latest.get(terminal)
        journal = Journal(
            terminal, journal_id, 0, GENESIS, 0, None, None, 0, None, None, self._now, self._now, self._now
        )
        self._latest[terminal] = self._of.setdefault(terminal, {})[journal_id] = journal
        if before is not None:
            detail = (
                f"the terminal goes on in another journal; {before.journal_id} is stored up to {before.stored_sequence}"
            )
            self._line.alarm(journal, NEW_JOURNAL, 1, detail)
        return journal

    def _fork(self, journal: Journal, event: Event, stored: str) -> None:
        """Two entries claim one place: the terminal was cloned, or its journal put back or rewritten. The first stays.

        What follows the second one is set aside with it, and is no news.
        """
        sequence = event.entry.sequence
        journal.fork_sequence = min(sequence, journal.fork_sequence or sequence)
        detail = f"entry {sequence} is stored with the hash {stored}; another one came with {event.hash}"
        self._line.alarm(journal, FORK, sequence, detail)

    def _cloned(self, journal: Journal, sequence: int) -> None:
        detail = f"entries went on behind {journal.stored_sequence} after others came from {sequence} on: two terminals"
        self._line.alarm(journal, CLONED, sequence, detail)
        restored = of(alarms, journal) & (alarms.c.kind == RESTORED) & alarms.c.cleared_at.is_(None)
        self._connection.execute(update(alarms).where(restored).values(cleared_at=self._now))

    def _cloned_from_nothing(self, journal: Journal, sequence: int, why: str) -> None:
        """Raise an alarm that says `why`, once a journal; the terminal that began with an empty folder is the other."""
        if why and not self._line.has(of(alarms, journal) & (alarms.c.kind == CLONED) & alarms.c.cleared_at.is_(None)):
            self._line.alarm(journal, CLONED, sequence, why)

    def _head(self, journal: Journal) -> Head:
        key = journal.terminal, journal.journal_id
        # A terminal sends no more than a window ahead; of more than that it hears when it sends again.
        held = [] if journal.fork_sequence is None else self._came.get(key, [])[-WINDOW:]
        return Head(*key, journal.stored_sequence, journal.head_hash, journal.ack_counter, held)

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
                "promised_sequence": journal.promised_sequence,
                "promised_hash": journal.promised_hash,
                "begun_at": journal.begun_at,
                "last_seen": self._now,
            }
            for key, journal in self._journals.items()
            if key in self._known
        ]
        new = [asdict(journal) for key, journal in self._journals.items() if key not in self._known]
        many.execute(self._connection, _INSERT_JOURNALS, new)
        many.execute(self._connection, _UPDATE, rows)


def _last_seen(journal: Journal) -> str:
    return journal.last_seen


def _goes_on(journal: Journal, event: Event) -> bool:
    """Whether `event` is the very next one of the line that is stored."""
    return (event.entry.sequence, event.entry.previous) == (journal.stored_sequence + 1, journal.head_hash)


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
