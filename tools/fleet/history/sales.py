"""The sales of terminals, each as far as its events came, in whatever order they did."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from agent.canonical import LARGEST_INTEGER
from agent.sale import kinds
from tools.fleet.contract import Event
from tools.fleet.history.kept import Kept, Row
from tools.fleet.history.positions import Positions, position
from tools.fleet.history.tables import sales
from tools.fleet.plain import plain

QUEUED, SETTLED, UNRESOLVED, CLEARED = "queued", "settled", "unresolved", "cleared"
_LONGEST = 64
_REVERSALS = {
    kinds.REVERSAL_QUEUED: QUEUED,
    kinds.REVERSAL_SETTLED: SETTLED,
    kinds.REVERSAL_UNRESOLVED: UNRESOLVED,
    kinds.REVERSAL_CLEARED: CLEARED,
}


def _asked(row: Row, event: Event) -> None:
    """What the till wanted, and of the acquirer if it came to that."""
    amount = event.entry.body.get("amount")
    row["amount"] = amount if type(amount) is int and abs(amount) <= LARGEST_INTEGER else 0
    for name in ("currency", "mid", "tid"):
        row[name] = _text(event, name) or row[name]


def _ended(row: Row, event: Event) -> None:
    row["result"], row["code"] = _text(event, "result"), _text(event, "code")


def _refused(row: Row, event: Event) -> None:
    _asked(row, event)
    _ended(row, event)


def _reversed(row: Row, event: Event) -> None:
    row["reversal"] = _REVERSALS[event.entry.kind]


# Kinds of entries, what the position of the latest is kept in, and what it tells.
_TOLD: dict[str, tuple[str, Callable[[Row, Event], None]]] = {
    kinds.SALE_AUTHORISING: ("asked_by", _asked),
    kinds.GATE_REFUSED: ("ended_by", _refused),
    kinds.SALE_FAILED: ("ended_by", _refused),
    kinds.SALE_FINISHED: ("ended_by", _ended),
    **dict.fromkeys(_REVERSALS, ("reversed_by", _reversed)),
}
KINDS = tuple(_TOLD)


def take(connection: Connection, events: Iterable[tuple[Event, str]]) -> None:
    """Note what `events`, each with when it came (UTC), tell of sales; the caller commits."""
    told = [(event, heard, _text(event, "sale")) for event, heard in events if event.entry.kind in _TOLD]
    told = [(event, heard, sale) for event, heard, sale in told if sale]
    if not told:
        return
    positions, rows = Positions(connection), Kept(connection, sales, _fresh)
    rows.look_up(sales.c.sale.in_({sale for _, _, sale in told}))
    for event, heard, sale in told:
        row, here = rows.row(sale, event.terminal), position(event)
        row["heard_at"] = min(heard, row["heard_at"] or heard)
        if not row["begun_by"] or positions.is_later(event.terminal, row["begun_by"], here):
            _, row["journal_id"], row["sequence"] = event.key
            row["begun_by"], row["at"] = here, event.entry.time
        group, tell = _TOLD[event.entry.kind]
        if positions.is_later(event.terminal, here, row[group]):
            row[group] = here
            tell(row, event)
    rows.save()


def _fresh(sale: str, terminal: str) -> Row:
    row: Row = {column.name: "" for column in sales.columns}
    return row | {"sale": sale, "terminal": terminal, "sequence": 0, "amount": 0}


def _text(event: Event, name: str) -> str:
    value = event.entry.body.get(name, "")
    return plain(value, _LONGEST) if isinstance(value, str) else ""
