"""Jumps out of events: each once, in whichever order they come, whatever is in them."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from agent import messages
from agent.journal.entry import Record
from agent.sale import kinds
from tests.leaks.strategies import JSON, TEXTS
from tests.portable.ports import binding as bound
from tests.tools.fleet.intake import events
from tests.tools.fleet.jumps.shop import OTHER, Shop
from tests.tools.fleet.publisher import Journal
from tools.fleet.errors import ContractError
from tools.fleet.jumps import reading
from tools.fleet.jumps.tables import jump_reading, jumps
from tools.fleet.store import Store

AT, SOON = "2026-11-26T07:00:00.000Z", "2026-11-26T07:00:01.000Z"


def rows(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(jumps).order_by(jumps.c.id)).mappings()]


def test_a_jump_is_noted_with_whose_it_was_and_what_differed(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    [row] = rows(connection)
    assert json.loads(row["fields"]) == ["mid", "name"]
    assert json.loads(row["expected"]) == {"mid": bound.MID, "name": bound.NAME}
    assert json.loads(row["observed"]) == {"mid": bound.OTHER_MID, "name": "别家商店"}
    assert json.loads(row["causes"]) == ["HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT", "MERCHANT_POOL_SWITCHING"]
    assert (row["stage"], row["reverses"], row["workflow"], row["version"]) == ("answer", True, "new", 0)
    assert (row["acquirer"], row["mid"], row["tid"]) == (bound.ACQUIRER, bound.MID, bound.TID)
    assert (row["merchant"], row["region"], row["timezone"]) == (bound.NAME, bound.MID[3:7], "Asia/Shanghai")
    assert (row["at"], row["placed_at"], row["hour"]) == (AT, AT, 15)


def test_a_sale_without_a_jump_leaves_none(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sell({}, AT), SOON)
    assert rows(connection) == []


def test_a_jump_at_a_sign_on_belongs_to_no_sale(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sign_on(AT), SOON)
    [row] = rows(connection)
    assert (row["sale"], row["stage"], row["mid"], row["reverses"]) == ("", "sign_on", bound.MID, True)


def test_the_hour_is_that_of_the_merchants_day(store: Store, terminal: str, connection: Connection) -> None:
    store.take(Shop(terminal, "Asia/Urumqi").sell(OTHER, AT), SOON)
    assert [row["hour"] for row in rows(connection)] == [13]


# Times, and the clocks that they are told by.
DOUBTFUL = (
    (AT, "unsynced"),
    ("2099-01-01T00:00:00.000Z", "synced"),
    ("1970-01-01T00:00:00.000Z", "synced"),
    ("0001-01-01T00:00:00.000Z", "synced"),
    ("9999-12-31T23:59:59.999Z", "synced"),
)


def test_a_clock_that_does_not_tell_the_day_makes_none_up(store: Store, shop: Shop, connection: Connection) -> None:
    for time, clock in DOUBTFUL:
        store.take(shop.sell(OTHER, time, clock), SOON)
        row = rows(connection)[-1]
        assert (row["at"], row["clock"], row["placed_at"], row["hour"]) == (time, clock, SOON, None)


def test_doubled_late_and_out_of_order_it_is_one_and_the_same(
    store: Store, terminal: str, connection: Connection
) -> None:
    for seed in range(8):
        shop = Shop(f"{terminal}-{seed}")
        said = [*shop.sell({}, AT), *shop.sell(OTHER, AT), *shop.sell({}, AT)]
        mixed = said * 2
        random.Random(seed).shuffle(mixed)
        for at in range(0, len(mixed), 3):
            store.take(mixed[at : at + 3], SOON)
        [row] = [row for row in rows(connection) if row["terminal"] == f"{terminal}-{seed}"]
        assert (row["merchant"], row["mid"], row["tid"]) == (bound.NAME, bound.MID, bound.TID)
        assert row["last_sequence"] == 8  # what closed its sale


def test_each_of_two_lines_of_a_journal_keeps_its_jump(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    other = Journal(shop.journal.terminal, shop.journal.journal_id, shop.journal.entries[:2])
    body = dict(shop.journal.entries[2]["body"], observed={"mid": "898000000000000", "name": "x"})
    entry = other.add(kind=kinds.JUMP_DETECTED, body=body, time=AT)
    store.take(events(other, entry["sequence"]) * 2, SOON)
    assert [(row["sequence"], json.loads(row["observed"])["name"]) for row in rows(connection)] == [
        (3, "别家商店"),
        (3, "x"),
    ]


NONE: tuple[dict[str, object], ...] = (
    {},
    {"sale": "s" + "0" * 16, "stage": "answer", "fields": ["mid"]},
    {"sale": "'; DROP TABLE jumps; --", "stage": "answer"},
    {"expected": {"name": "<script>alert(1)</script>" * 1000}, "observed": "\0"},
)


def test_a_body_that_is_none_is_noted_as_unreadable(store: Store, shop: Shop, connection: Connection) -> None:
    for body in NONE:
        store.take(shop.write([Record(kinds.JUMP_DETECTED, body)], AT), SOON)
        row = rows(connection)[-1]
        assert (row["stage"], row["fields"], row["observed"], row["sale"]) == ("", "[]", "{}", "")
    assert len(rows(connection)) == len(NONE)


FIELDS = st.sampled_from(["sale", "stage", "fields", "expected", "observed", "reverses", "causes", "timezone", "mid"])
KINDS = st.sampled_from([kinds.JUMP_DETECTED, kinds.SALE_AUTHORISING, kinds.REVERSAL_SETTLED])


@given(st.lists(st.tuples(KINDS, st.dictionaries(FIELDS | TEXTS, JSON, max_size=3)), max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_stops_the_ingest(
    store: Store, connection: Connection, changes: list[tuple[str, dict[str, Any]]]
) -> None:
    shop = Shop("JG-TEST-9999")
    said = shop.sell(OTHER, AT)
    bodies = {entry["kind"]: entry["body"] for entry in shop.journal.entries}
    for kind, change in changes:
        body = {**bodies.get(kind, {}), **change}
        try:
            said += shop.write([Record(kind, body)], AT)
        except (ContractError, UnicodeEncodeError, ValueError, TypeError):
            shop.journal.entries.pop()
    store.take(said, SOON)
    mine = (jumps.c.journal_id == shop.journal.journal_id) & (jumps.c.sequence == 3)
    assert connection.execute(select(jumps.c.merchant).where(mine)).scalars().all() == [bound.NAME]


def test_jumps_of_a_store_that_was_there_before_are_read_out_of_its_events(
    store: Store, shop: Shop, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "STEP", 4)
    for _ in range(3):
        store.take(shop.sell(OTHER, AT), SOON)
    aside = Journal(shop.journal.terminal, shop.journal.journal_id, shop.journal.entries[:2])
    aside.add(kind=kinds.JUMP_DETECTED, body={}, time=AT)
    store.take(events(aside, 3), SOON)
    before = rows(connection)
    engine = store.place.writing()
    with engine.begin() as writing:
        writing.execute(delete(jumps))
        reading.begin(writing)
    steps = 0
    while connection.execute(select(jump_reading)).first() is not None:
        with engine.begin() as writing:
            reading.go_on(writing)
        steps += 1
    engine.dispose()
    assert len(before) == 4
    assert [row | {"id": 0} for row in rows(connection)] == [row | {"id": 0} for row in before]
    assert steps == 4  # 15 entries, 4 a step


def test_a_name_alone_is_told_and_not_reversed(store: Store, shop: Shop, connection: Connection) -> None:
    store.take(shop.sell({messages.MERCHANT_NAME: "别家商店"}, AT), SOON)
    assert [(row["fields"], row["reverses"]) for row in rows(connection)] == [('["name"]', False)]
