"""What the journal's entries tell of a jump's sale: how it went, what became of its reversal, what was compared.

Terminals wrote them, and any of them may be forged: what is not understood is left out, and texts are plain.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from agent.jump import match
from agent.sale import kinds
from tools.fleet.jumps.clock import is_trusted
from tools.fleet.jumps.event import Jump, jump_of, sale_of
from tools.fleet.jumps.projection import FOLLOWING, NEAR
from tools.fleet.plain import plain
from tools.fleet.tables import events, strays

# Entries before and behind each of the sale's own that are shown with them.
NEIGHBOURS = 2
# Entries of a sale that are looked for; one whose reversal took three attempts leaves about ten.
MOST = 60
# Beside those of the match: nothing that is stored tells.
UNKNOWN = "unknown"
# What became of a reversal, as `sales` has it.
QUEUED, SETTLED, UNRESOLVED, CLEARED = "queued", "settled", "unresolved", "cleared"

_OF_SALES = (
    kinds.SALE_AUTHORISING,
    kinds.ANSWER_IGNORED,
    kinds.SALE_ANSWERED,
    kinds.SALE_UNKNOWN,
    kinds.JUMP_DETECTED,
    *FOLLOWING,
)
_STATES = {
    kinds.REVERSAL_QUEUED: QUEUED,
    kinds.REVERSAL_REPEATED: QUEUED,
    kinds.REVERSAL_SETTLED: SETTLED,
    kinds.REVERSAL_UNRESOLVED: UNRESOLVED,
    kinds.REVERSAL_CLEARED: CLEARED,
}
_FIELDS = (match.ACQUIRER, match.MID, match.TID, match.NAME, match.CURRENCY)
# What a `sale.authorising` calls the field.
_BOUND = {match.NAME: "merchant"}
_RESULTS = (match.SAME, match.DIFFERENT, match.ABSENT)


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry as it is stored: `text` is its canonical JSON and `hash` the SHA-256 of that.

    `own` is one of the jump's sale, `aside` one that is in no line of its journal.
    """

    sequence: int
    time: str
    clock: str
    received_at: str
    kind: str
    hash: str
    previous: str
    text: str
    own: bool
    aside: bool

    @property
    def is_timed(self) -> bool:
        """Whether its clock tells when it was written."""
        return is_trusted(self.time, self.clock, self.received_at)

    @property
    def body(self) -> dict[str, Any]:
        """What it says."""
        body = json.loads(self.text)["body"]
        assert isinstance(body, dict)
        return body


@dataclass(frozen=True, slots=True)
class Compared:
    """A field of the answer held against the binding; `result` is same, different, absent or UNKNOWN."""

    field: str
    expected: str
    observed: str
    result: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """`state` is QUEUED, SETTLED, UNRESOLVED, CLEARED, or "" where none is known; `code` DE 39 of its answer.

    `at` is since when, "" where the terminal's clock does not tell.
    """

    state: str
    at: str
    attempts: int
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Sale:
    """Amount in minor units, trace (DE 11), batch (DE 60), reference (DE 37), masked card; 0 or "" is unknown."""

    amount: int
    currency: str
    trace: str
    batch: str
    reference: str
    response_code: str
    card: str
    scheme: str


def entries_of(connection: Connection, jump: Row[Any]) -> list[Entry]:
    """The entries of the sale of `jump`, a row of `jumps`, and their neighbours, in order."""
    table = _table_of(connection, jump)
    own = _own(connection, table, jump)
    wanted = {sequence + step for sequence in own for step in range(-NEIGHBOURS, NEIGHBOURS + 1)}
    theirs = (events.c.terminal == jump.terminal) & (events.c.journal_id == jump.journal_id)
    rows = connection.execute(select(events).where(theirs, events.c.sequence.in_(wanted)))
    found = {row.sequence: _entry(row, row.sequence in own, aside=False) for row in rows if table is events}
    if table is strays:
        found = {row.sequence: _entry(row, own=True, aside=True) for row in own.values()}
    return [found[sequence] for sequence in sorted(found)]


def compared(jump: Jump | None, entries: Sequence[Entry]) -> list[Compared]:
    """The fields of the answer, those that the jump names first of all as it names them."""
    begun = _body(entries, kinds.SALE_AUTHORISING)
    answer = _body(entries, kinds.SALE_ANSWERED)
    results, seen = _object(answer.get("match")), _object(answer.get("observed"))
    found = []
    for field in dict.fromkeys((*_FIELDS, *(jump.fields if jump else ()))):
        expected = (jump.expected.get(field) if jump else None) or begun.get(_BOUND.get(field, field), "")
        observed = (jump.observed.get(field) if jump else None) or seen.get(field, "")
        differs = jump is not None and field in jump.fields
        result = match.DIFFERENT if differs else results.get(field)
        known = str(result) if result in _RESULTS else UNKNOWN
        found.append(Compared(field, plain(expected), plain(observed), known))
    return found


def jump_in(entries: Sequence[Entry], sequence: int) -> Jump | None:
    """What the jump's own entry says; None when that is not understood."""
    return next((jump_of(entry.body) for entry in entries if entry.sequence == sequence), None)


def reversal_in(entries: Sequence[Entry]) -> Reversal:
    """What became of the sale's reversal."""
    state, at, attempts, code, why = "", "", 0, "", ""
    for entry in entries:
        if entry.own and entry.kind in _STATES:
            body = entry.body
            made = body.get("attempt")
            attempts = made if isinstance(made, int) else attempts
            state, at = _STATES[entry.kind], entry.time if entry.is_timed else ""
            code, why = plain(body.get("response_code", ""), 8), plain(body.get("why", ""))
    return Reversal(state, at, attempts, code, why)


def sale_in(entries: Sequence[Entry]) -> Sale:
    """The sale itself."""
    begun, answer = _body(entries, kinds.SALE_AUTHORISING), _body(entries, kinds.SALE_ANSWERED)
    amount = begun.get("amount")
    named = {name: plain(begun.get(name, ""), 64) for name in ("currency", "trace", "batch", "card", "scheme")}
    told = {name: plain(answer.get(name, ""), 64) for name in ("reference", "response_code")}
    return Sale(amount if isinstance(amount, int) else 0, **named, **told)


def _table_of(connection: Connection, jump: Row[Any]) -> Table:
    """Where the jump's own entry is: in its journal's line, or beside it."""
    mine = (events.c.terminal == jump.terminal) & (events.c.journal_id == jump.journal_id)
    mine &= (events.c.sequence == jump.sequence) & (events.c.hash == jump.hash)
    return strays if connection.execute(select(events.c.hash).where(mine)).first() is None else events


def _own(connection: Connection, table: Table, jump: Row[Any]) -> dict[int, Row[Any]]:
    theirs = (table.c.terminal == jump.terminal) & (table.c.journal_id == jump.journal_id)
    itself = theirs & (table.c.hash == jump.hash)
    found = {row.sequence: row for row in connection.execute(select(table).where(itself))}
    if jump.sale:
        named = table.c.kind.in_(_OF_SALES) & table.c.entry.contains(f'"sale":"{jump.sale}"', autoescape=True)
        later = theirs & (table.c.sequence > jump.sequence - NEAR) & named
        for row in connection.execute(select(table).where(later).order_by(table.c.sequence).limit(MOST)):
            if sale_of(json.loads(row.entry)["body"]) == jump.sale:
                found.setdefault(row.sequence, row)
    return found


def _entry(row: Row[Any], own: bool, aside: bool) -> Entry:
    return Entry(
        row.sequence,
        row.time,
        row.clock,
        row.received_at,
        row.kind,
        row.hash,
        row.previous,
        row.entry,
        own,
        aside,
    )


def _body(entries: Sequence[Entry], kind: str) -> dict[str, Any]:
    """What the sale's first entry of `kind` says; nothing when it is not here."""
    return next((entry.body for entry in entries if entry.own and entry.kind == kind), {})


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
