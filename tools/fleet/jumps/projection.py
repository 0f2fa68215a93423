"""Each stored `jump.detected` becomes a row of `jumps`, once, in whichever order its sale's entries come."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, Table, bindparam, insert, select, tuple_, update

from agent.sale import kinds
from tools.fleet.contract import Event, Report
from tools.fleet.history.tables import facts
from tools.fleet.jumps.clock import is_trusted, local, zone_of
from tools.fleet.jumps.event import Authorising, Jump, authorising_of, jump_of, sale_of
from tools.fleet.jumps.steps import NEW
from tools.fleet.jumps.tables import jumps
from tools.fleet.plain import plain
from tools.fleet.tables import events, strays

# Entries of a sale that may come after its jump, or, out of order, before it.
FOLLOWING = (
    kinds.SALE_FINISHED,
    kinds.REVERSAL_QUEUED,
    kinds.REVERSAL_REPEATED,
    kinds.REVERSAL_SETTLED,
    kinds.REVERSAL_UNRESOLVED,
    kinds.REVERSAL_CLEARED,
)
# A terminal makes one sale at a time: its beginning and its end are not far from the jump.
NEAR = 50
# Digits 4 to 7 of a MID are a region's code (GB/T 2260) by UnionPay's scheme.
_REGION_OF_MID = slice(3, 7)

# Made once: to make a statement takes longer than to carry it out.
_NOTED = select(jumps.c.id).where(
    jumps.c.terminal == bindparam("of_terminal"),
    jumps.c.journal_id == bindparam("of_journal"),
    jumps.c.sequence == bindparam("at"),
    jumps.c.hash == bindparam("of_hash"),
)
_KNOWN = select(facts).where(facts.c.terminal == bindparam("of_terminal"))
_OF_SALES = select(jumps).where(tuple_(jumps.c.terminal, jumps.c.sale).in_(bindparam("sales", expanding=True)))


def _near(table: Table, which: Sequence[str]) -> Select[Any]:
    """Entries of the kinds `which` of a journal, in their order."""
    here = (table.c.terminal == bindparam("of_terminal")) & (table.c.journal_id == bindparam("of_journal"))
    here &= table.c.sequence.between(bindparam("first"), bindparam("last")) & table.c.kind.in_(which)
    return select(table.c.sequence, table.c.entry).where(here).order_by(table.c.sequence)


_BEGINNINGS = [_near(table, [kinds.SALE_AUTHORISING]) for table in (events, strays)]
_FOLLOWING = _near(events, FOLLOWING)


def take(connection: Connection, batch: Sequence[Event | Report], now: str) -> None:
    """Note the jumps among `batch`, which is stored already and came at `now`; the caller commits."""
    came = [message for message in batch if isinstance(message, Event)]
    _take_sales(connection, [event for event in came if event.entry.kind in (kinds.SALE_AUTHORISING, *FOLLOWING)])
    for event in came:
        if event.entry.kind == kinds.JUMP_DETECTED:
            note(connection, event, now)


def note(connection: Connection, event: Event, received_at: str) -> None:
    """Note the jump that `event`, received at `received_at`, tells of, unless it is noted already."""
    terminal, journal_id, sequence = event.key
    same = {"of_terminal": terminal, "of_journal": journal_id, "at": sequence, "of_hash": event.hash}
    if connection.execute(_NOTED, same).first() is not None:
        return
    entry, jump = event.entry, jump_of(event.entry.body)
    row = {
        "terminal": terminal,
        "journal_id": journal_id,
        "sequence": sequence,
        "hash": event.hash,
        "at": entry.time,
        "clock": entry.clock,
        "received_at": received_at,
        "placed_at": entry.time if is_trusted(entry.time, entry.clock, received_at) else received_at,
        "workflow": NEW,
        "version": 0,
        "changed_at": received_at,
        "changed_by": "",
        "last_sequence": _last(connection, terminal, journal_id, sequence, jump),
        "anchor_due": True,
        "anchor": "",
    }
    row |= _said(jump) | _whose(connection, terminal, jump, _begun(connection, terminal, journal_id, sequence, jump))
    row["hour"] = _hour(row)
    connection.execute(insert(jumps), row)


def _said(jump: Jump | None) -> dict[str, object]:
    """What the event itself says, as columns."""
    return {
        "sale": jump.sale if jump else "",
        "stage": jump.stage if jump else "",
        "fields": json.dumps(jump.fields if jump else []),
        "expected": json.dumps(jump.expected if jump else {}),
        "observed": json.dumps(jump.observed if jump else {}),
        "causes": json.dumps(jump.causes if jump else []),
        "reverses": bool(jump and jump.reverses),
    }


def _whose(connection: Connection, terminal: str, jump: Jump | None, sale: Authorising | None) -> dict[str, Any]:
    """Whose jump it was, as columns: as its sale says, or what was expected, or what is known of the terminal."""
    known = connection.execute(_KNOWN, {"of_terminal": terminal}).first()
    expected = jump.expected if jump else {}

    def best(name: str, field: str) -> str:
        told = getattr(sale, name, "") or expected.get(field, "") or getattr(known, name, "")
        return plain(told)

    mid = best("mid", "mid")
    region = plain(getattr(known, "region", "")) or mid[_REGION_OF_MID]
    return {
        "acquirer": best("acquirer", "acquirer"),
        "mid": mid,
        "tid": best("tid", "tid"),
        "merchant": best("merchant", "name"),
        "region": region if region.isdigit() else "",
        "software": plain(getattr(known, "software", "")),
        "timezone": zone_of(best("timezone", "")),
    }


def _begun(
    connection: Connection, terminal: str, journal_id: str, sequence: int, jump: Jump | None
) -> Authorising | None:
    """How the sale of the jump at `sequence` began, where that is stored."""
    if jump is None or not jump.sale:
        return None
    here = {"of_terminal": terminal, "of_journal": journal_id, "first": sequence - NEAR, "last": sequence}
    for beginnings in _BEGINNINGS:
        for row in reversed(connection.execute(beginnings, here).all()):
            found = authorising_of(msgspec.json.decode(row.entry)["body"])
            if found is not None and found.sale == jump.sale:
                return found
    return None


def _last(connection: Connection, terminal: str, journal_id: str, sequence: int, jump: Jump | None) -> int:
    """The last entry of the sale of the jump at `sequence` that came before the jump itself did; else the jump."""
    if jump is None or not jump.sale:
        return sequence
    here = {"of_terminal": terminal, "of_journal": journal_id, "first": sequence, "last": sequence + NEAR}
    rows = connection.execute(_FOLLOWING, here).all()
    theirs = [row.sequence for row in rows if sale_of(msgspec.json.decode(row.entry)["body"]) == jump.sale]
    return max(theirs, default=sequence)


def _hour(row: dict[str, Any]) -> int | None:
    """The hour of the merchant's day, None where the clock does not tell it."""
    trusted = is_trusted(row["at"], row["clock"], row["received_at"])
    return local(row["at"], row["timezone"]).hour if trusted else None


def _take_sales(connection: Connection, came: Sequence[Event]) -> None:
    """Complete the jumps whose sale the events that `came` belong to: they came first."""
    by_sale: dict[tuple[str, str], list[Event]] = {}
    for event in came:
        if sale := sale_of(event.entry.body):
            by_sale.setdefault((event.terminal, sale), []).append(event)
    if not by_sale:
        return
    for row in connection.execute(_OF_SALES, {"sales": list(by_sale)}).all():
        _complete(connection, row, by_sale[row.terminal, row.sale])


def _complete(connection: Connection, row: Row[Any], came: Sequence[Event]) -> None:
    own = [event for event in came if event.entry.journal_id == row.journal_id]
    values: dict[str, Any] = {}
    if any(event.entry.kind == kinds.SALE_AUTHORISING for event in own):
        jump = Jump(row.sale, row.stage, json.loads(row.fields), json.loads(row.expected), {}, row.reverses, [])
        begun = _begun(connection, row.terminal, row.journal_id, row.sequence, jump)
        values = _whose(connection, row.terminal, jump, begun)
        values["hour"] = _hour({**row._mapping, **values})
    last = max((event.entry.sequence for event in own if event.entry.kind in FOLLOWING), default=0)
    if last > row.last_sequence:
        values |= {"last_sequence": last, "anchor_due": True}
    if values:
        connection.execute(update(jumps).where(jumps.c.id == row.id).values(values))
