"""The same messages leave the same rows in SQLite and in PostgreSQL, whatever they hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.tools.fleet.intake import events, greeting
from tests.tools.fleet.postgresql import READY, PostgreSQL
from tests.tools.fleet.publisher import CONFIG, FLEET, INFO, Journal
from tools.fleet.contract import Event, Report, parse
from tools.fleet.orders import desire, order_command
from tools.fleet.place import Place
from tools.fleet.refusals import Refused
from tools.fleet.schema import metadata
from tools.fleet.store import Store

AT, NEXT, LATER = (f"2026-11-26T10:{minute}:00.000Z" for minute in ("00", "01", "30"))
A, B = "JG-TEST-0001", "jg-test-0002"
# What JSON can spell and a database may not take.
HARD = "\x00 \U0001f980 ä \u202e '; DROP TABLE events; -- %s :x"
MOST = 2**53 - 1


class Both:
    """A store in each engine, and what was done to both of them."""

    def __init__(self, directory: Path, url: str) -> None:
        Place(directory / "postgresql").name_database(url)
        self.stores = [Store(directory / "sqlite"), Store(directory / "postgresql")]
        for store in self.stores:
            store.start()

    def stop(self) -> None:
        for store in self.stores:
            store.stop()

    def take(self, now: str, *batch: Event | Report | Refused) -> None:
        first, second = [store.take(batch, now) for store in self.stores]
        assert first == second

    def look(self, now: str) -> None:
        for store in self.stores:
            store.look_for_gaps(now)

    def rows(self) -> list[dict[str, list[dict[str, Any]]]]:
        """Every row of every table in order, of each store."""
        return [_rows(store.place) for store in self.stores]


def _rows(place: Place) -> dict[str, list[dict[str, Any]]]:
    engine, found = place.reading(), {}
    with engine.connect() as connection:
        for name, table in metadata.tables.items():
            ordered = select(table).order_by(*table.primary_key.columns)
            found[name] = [dict(row._mapping) for row in connection.execute(ordered)]
    engine.dispose()
    return found


@pytest.fixture
def both(postgresql: PostgreSQL, tmp_path: Path) -> Iterator[Both]:
    both = Both(tmp_path, postgresql.database(READY))
    yield both
    both.stop()


def report(terminal: str, channel: str, said: object) -> Event | Report:
    return parse(f"jumpguard/1/{FLEET}/{terminal}/{channel}", json.dumps(said).encode(), FLEET)


def journal(terminal: str, entries: int = 6) -> Journal:
    made = Journal(terminal, journal_id=terminal[-1] * 32)
    for number in range(entries):
        made.add(time=AT, body={"amount": number, "name": "海岛茶馆", "text": HARD})
    return made


def test_every_table_is_the_same_after_the_same_messages(both: Both) -> None:
    first, second = journal(A), journal(B)
    fork = Journal(A, first.journal_id, first.entries[:3])
    for number in range(3):
        fork.add(time=AT, body={"elsewhere": number})
    both.take(AT, *events(first, 1, 2, 4), *events(second, 2, 1), greeting(first), Refused("x/?", "payload: not JSON"))
    both.look(NEXT)
    both.take(NEXT, *events(first, 3, 4, 5, 6), *events(fork, 4, 5, 6), *events(second, 5, 1))
    both.take(NEXT, greeting(second), *events(fork, 4, 6))
    restored = report(A, "state", _state(first, disowned=5))
    both.take(NEXT, restored, Refused(f"jumpguard/1/{FLEET}/{A}/event", "event: x", A, holds_up=True))
    new = journal(A[:-1] + "3", 2)
    new.terminal = A
    before = {"journal_id": first.journal_id, "sequence": 9, "hash": "ab" * 32}
    new.entries.clear()
    new.add(time=LATER, kind="journal.created", body={"before": before})
    both.take(LATER, *events(new, 1))
    both.take(LATER, report(A, "info", INFO | {"hardware": HARD, "keys_version": MOST}))
    both.take(LATER, report(A, "info", INFO | {"keys_version": 2}), report(B, "vitals", {"uptime_s": MOST}))
    both.look(LATER)
    sqlite, postgresql = both.rows()
    assert sqlite == postgresql
    kinds = {row["kind"] for row in sqlite["alarms"]}
    assert {"fork", "restored", "gap", "new_journal", "missing_tail", "event_refused", "keys_rolled_back"} <= kinds
    assert len(sqlite["strays"]) == 3


def test_texts_that_a_database_does_not_take_are_kept_as_what_can_be_shown(both: Both) -> None:
    for store in both.stores:
        engine = store.place.writing()
        with engine.begin() as connection:
            version = desire(connection, A, {"settings": {}})
            order_command(connection, A, "ping", {}, 60)
        engine.dispose()
        rejected = CONFIG | {"version": version, "state": "rejected", "reason": "NO", "detail": HARD}
        store.take([report(A, "config/reported", rejected)], AT)
        (row,) = _rows(store.place)["configurations"]
        assert row["detail"] == HARD.replace("\x00", "\ufffd").replace("\u202e", "\ufffd")
    both.take(AT, report(A, "info", INFO | {"software": HARD}))
    both.take(AT, *events(journal(A, 1), 1), *_told(A))
    sqlite, postgresql = both.rows()
    assert sqlite["alarms"] == postgresql["alarms"] != []
    assert json.loads(sqlite["terminals"][0]["info"])["software"] == HARD


def _told(terminal: str) -> list[Event | Report]:
    told = Journal(terminal, "f" * 32)
    told.add(time=AT, kind="jump.detected", body={"sale": "\x00", "fields": ["a\x00", "b"]})
    return events(told, 1)


def _state(of: Journal, disowned: int) -> dict[str, Any]:
    state = {"state": "online", "session": MOST, "lifecycle": "active", "boot_id": "boot-1"}
    return state | {"journal_id": of.journal_id, "disowned": disowned}
