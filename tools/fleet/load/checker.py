"""Holds the store against what was acknowledged: everything is there, once, in its chain, and nothing beside it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select

from agent.canonical import sha256_hex
from agent.journal.entry import GENESIS
from tools.fleet.load.claims import Claim
from tools.fleet.place import Place
from tools.fleet.tables import events, strays

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many `events` were looked at; `faults` says what is wrong, a line each."""

    events: int
    faults: list[str]


def check(place: Place, made: Iterable[Claim]) -> Verdict:
    """Hold the store at `place` against `made`. Raises StoreError and SQLAlchemyError."""
    place.check()
    claimed = {(claim.terminal, claim.journal_id): claim for claim in made}
    engine = place.reading()
    try:
        with engine.connect() as connection:
            faults, looked_at = list(_strays(connection, claimed)), 0
            for journal, rows in groupby(_entries(connection), lambda row: (row.terminal, row.journal_id)):
                claim = claimed.pop(journal, None)
                if claim is not None:
                    seen, fault = _chain(claim, rows)
                    looked_at += seen
                    faults += [f"{claim.terminal}: {fault}"] if fault else []
    finally:
        engine.dispose()
    faults += [f"{claim.terminal}: nothing of its journal" for claim in claimed.values() if claim.sequence]
    return Verdict(looked_at, faults)


def _entries(connection: Connection) -> Iterator[Row[Any]]:
    columns = (
        events.c.terminal,
        events.c.journal_id,
        events.c.sequence,
        events.c.hash,
        events.c.previous,
        events.c.entry,
    )
    wanted = select(*columns).order_by(events.c.terminal, events.c.journal_id, events.c.sequence)
    return iter(connection.execution_options(yield_per=_AT_ONCE).execute(wanted))


def _strays(connection: Connection, claimed: dict[tuple[str, str], Claim]) -> Iterator[str]:
    for row in connection.execute(select(strays.c.terminal, strays.c.journal_id, strays.c.sequence)):
        if (row.terminal, row.journal_id) in claimed:
            yield f"{row.terminal}: entry {row.sequence} is there beside its chain"


def _chain(claim: Claim, rows: Iterable[Row[Any]]) -> tuple[int, str]:
    """How many entries of the journal of `claim` there are, and what is wrong with the first that is; "" for none."""
    last, previous, at_claim, fault = 0, GENESIS, GENESIS, ""
    for row in rows:
        last += 1
        if not fault and row.sequence != last:
            fault = f"entry {last} is missing, or there twice"
        elif not fault and (row.previous != previous or sha256_hex(row.entry.encode()) != row.hash):
            fault = f"entry {last} is not the one that follows"
        previous = row.hash
        if row.sequence == claim.sequence:
            at_claim = row.hash
    if not fault and last < claim.sequence:
        fault = f"acknowledged up to {claim.sequence}, there up to {last}"
    if not fault and at_claim != claim.hash:
        fault = f"entry {claim.sequence} has another hash than was acknowledged"
    if not fault and last > claim.end:
        fault = f"entry {last} was never written; the last was {claim.end}"
    return last, fault
