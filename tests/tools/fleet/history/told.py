"""A store, what terminals tell it, and what it makes of that."""

import json
from typing import Any

from sqlalchemy import select, update

from tests.tools.fleet.intake import events
from tests.tools.fleet.publisher import FLEET, Journal, state
from tools.fleet.contract import Event, Report, parse
from tools.fleet.history import stale
from tools.fleet.history.tables import connections, facts, rollups, sales, samples
from tools.fleet.store import Store
from tools.fleet.tables import configurations

AT, SOON, LATER = (f"2026-11-26T10:{time}.000Z" for time in ("00:00", "00:09", "00:10"))
MID, TID = "898440154110001", "12345678"
SALE = {"till": "till/1", "request": "ab" * 32, "amount": 1250, "currency": "156"}
BOUND = {"version": 1, "digest": "cd" * 32, "bound": f"48021234 {MID} {TID}", "switches": []}
MERCHANT = {"acquirer": "48021234", "mid": MID, "tid": TID, "merchant": "海岛茶馆", "timezone": "Asia/Shanghai"}


def asked(sale: str, **changes: object) -> tuple[str, dict[str, object]]:
    """The entry that announces a sale."""
    return "sale.authorising", {"sale": sale, **SALE, **MERCHANT, **changes}


def ended(sale: str, result: str = "approved", code: str = "00") -> tuple[str, dict[str, object]]:
    return "sale.finished", {"sale": sale, "result": result, "code": code}


class Told:
    """A store, and the history in it."""

    def __init__(self, store: Store, terminal: str) -> None:
        self.store = store
        self.terminal = terminal
        self.journal = Journal(terminal)

    def entry(self, kind: str, body: dict[str, object], now: str = AT, **changes: object) -> None:
        """An entry is made and comes."""
        self.journal.add(kind=kind, body=body, **{"time": now, **changes})
        self.take(now, *events(self.journal, len(self.journal.entries)))

    def report(self, channel: str, said: object, now: str = AT, retained: bool = False) -> None:
        topic = f"jumpguard/1/{FLEET}/{self.terminal}/{channel}"
        self.take(now, parse(topic, json.dumps(said).encode(), FLEET, retained))

    def state(self, word: str, session: int, now: str = AT, **changes: object) -> None:
        self.report("state", state(word, session) | changes, now)

    def take(self, now: str, *batch: Event | Report) -> None:
        self.store.take(batch, now)

    def committed(self, version: int, document: object) -> None:
        """Configuration `version` is ordered with `document`, whatever was ordered before."""
        row = {"version": version, "document": json.dumps(document), "issued": "", "reported": 0}
        row |= {"state": "open", "reason": "", "detail": ""}
        engine = self.store.place.writing()
        with engine.begin() as connection:
            mine = configurations.c.terminal == self.terminal
            if not connection.execute(update(configurations).where(mine).values(row)).rowcount:
                connection.execute(configurations.insert().values(terminal=self.terminal, **row))
        engine.dispose()

    def remade(self) -> int:
        """Make what is stale anew; in how many steps."""
        engine, steps = self.store.place.writing(), 0
        more = True
        while more:
            with engine.begin() as connection:
                more = stale.step(connection)
            steps += more
        engine.dispose()
        return steps

    def mark(self) -> None:
        engine = self.store.place.writing()
        with engine.begin() as connection:
            stale.mark_all(connection)
        engine.dispose()

    def fact(self, *names: str) -> tuple[Any, ...]:
        (row,) = self.rows(facts)
        return tuple(row[name] for name in names)

    def sales(self) -> list[dict[str, Any]]:
        return self.rows(sales)

    def connections(self) -> list[dict[str, Any]]:
        return self.rows(connections)

    def samples(self) -> list[dict[str, Any]]:
        return self.rows(samples)

    def rollups(self) -> list[dict[str, Any]]:
        return self.rows(rollups)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        """The rows of `table` about the terminal, in order."""
        engine = self.store.place.reading()
        with engine.connect() as connection:
            wanted = select(table).where(table.c.terminal == self.terminal).order_by(*table.primary_key.columns)
            found = [dict(row) for row in connection.execute(wanted).mappings()]
        engine.dispose()
        return found
