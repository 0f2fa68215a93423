"""History is the same in whatever order, batches and repeats the entries come, and when it is made anew."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.fleet.history.told import AT, BOUND, MID, SALE, Told, asked, ended
from tests.tools.fleet.intake import events
from tests.tools.fleet.publisher import Journal
from tools.fleet.contract import Event, Report
from tools.fleet.history import stale
from tools.fleet.history.tables import facts, sales
from tools.fleet.store import Store

_numbers = itertools.count()


def story(terminal: str) -> list[Event | Report]:
    """Entries of a terminal, the last ones of them in another journal."""
    old, new = Journal(terminal, "f" * 32), Journal(terminal, "0" * 32)
    steps: list[tuple[str, dict[str, object]]] = [("binding.taken_up", BOUND)]
    for number in range(2):
        sale = f"{terminal}-{number}"
        steps += [asked(sale, merchant=f"茶馆 {number}"), ("reversal.queued", {"sale": sale})]
        steps += [ended(sale, "unknown"), ("reversal.settled", {"sale": sale})]
        steps += [("gate.refused", {"sale": f"{sale}-r", **SALE, "result": "refused", "code": "X"})]
        steps += [("lifecycle.changed", {"from": "active", "to": "locked", "reason": f"why {number}"})]
    steps += [("binding.taken_up", BOUND | {"bound": f"48021234 {MID} 8765432{number}"}) for number in range(2)]
    for number, (kind, body) in enumerate(steps):
        (old if number < 9 else new).add(kind=kind, body=body, time=f"2026-11-26T09:00:{number:02d}.000Z")
    return [*events(old, *range(1, 10)), *events(new, *range(1, len(steps) - 8))]


def history(told: Told) -> list[list[dict[str, Any]]]:
    return [told.rows(facts), told.rows(sales)]


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("history"))
    store.start()
    yield store
    store.stop()


@given(order=st.permutations(range(15)), batch=st.integers(1, 8), again=st.integers(0, 15))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_tells_the_same(one_store: Store, order: list[int], batch: int, again: int) -> None:
    told = Told(one_store, f"JG-{next(_numbers):04d}")
    entries = story(told.terminal)
    sequence = [*order, *order[:again]]
    for begin in range(0, len(sequence), batch):
        told.take(AT, *(entries[index] for index in sequence[begin : begin + batch]))
    told.remade()
    found = history(told)
    told.mark()
    told.remade()
    assert history(told) == found
    assert told.fact("tid", "merchant", "reason", "last_sale_result") == ("87654321", "茶馆 1", "why 1", "refused")
    assert [(sale["result"], sale["reversal"]) for sale in found[1]] == [("unknown", "settled"), ("refused", "")] * 2


def test_history_is_made_anew_in_steps_while_more_comes(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stale, "STEP", 3)
    for number in range(4):
        told.entry(*asked(f"s{number}"))
        told.entry(*ended(f"s{number}"))
    before = history(told)
    told.mark()
    engine = told.store.place.writing()
    for number in range(6):
        with engine.begin() as connection:
            assert stale.step(connection)
        told.entry(*ended(f"s{number % 4}", "declined" if number < 4 else "approved"))
    engine.dispose()
    assert told.remade() > 0
    after = history(told)
    assert [sale["sale"] for sale in after[1]] == [sale["sale"] for sale in before[1]]
    assert {sale["sale"]: sale["result"] for sale in after[1]} == {
        "s0": "approved", "s1": "approved", "s2": "declined", "s3": "declined"
    }  # fmt: skip
    told.mark()
    told.remade()
    assert history(told) == after
