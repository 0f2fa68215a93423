"""The store is held against what was acknowledged: whatever is missing, altered, beside it or too much is named."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.fleet.contract import parse
from tools.fleet.load.checker import check
from tools.fleet.load.claims import Claim
from tools.fleet.load.machine import Machine
from tools.fleet.load.outgoing import Outgoing
from tools.fleet.load.who import terminals
from tools.fleet.place import Place
from tools.fleet.store import Store
from tools.rig.files import FLEET

COUNT = 12


@pytest.fixture
def claims(tmp_path: Path) -> Iterator[list[Claim]]:
    """What two terminals were told of the store in `tmp_path`; a third one has said nothing yet."""
    store = Store(tmp_path)
    store.start()
    made = []
    for who in terminals(3, seed=1):
        source = f"jumpguard/1/{FLEET}/{who.serial}"
        machine, outgoing = Machine(who, seed=1), Outgoing(source, 100)
        while who.number < 2 and outgoing.sequence < COUNT:
            machine.go_on()
            record = machine.story.popleft().record
            if record is not None:
                outgoing.write(record, machine.clock.stamp(machine.boot_id), 0.0, True)
        messages = [parse(f"{source}/event", each.payload, FLEET) for each in outgoing.due()]
        for head in store.take(messages, "2026-11-26T10:00:00.000Z"):
            assert head.sequence == COUNT and len(outgoing.settle(head.sequence)) == COUNT
        made.append(
            Claim(who.serial, outgoing.journal_id, outgoing.sequence, outgoing.acknowledged_hash, outgoing.sequence)
        )
    store.stop()
    yield made


def faults(directory: Path, claims: list[Claim], *statements: str) -> list[str]:
    """What is wrong once `statements` have changed the store."""
    with sqlite3.connect(directory / "fleet.sqlite") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return check(Place(directory), claims).faults


def test_a_store_that_holds_all_of_it_once_is_right(tmp_path: Path, claims: list[Claim]) -> None:
    assert check(Place(tmp_path), claims).events == 2 * COUNT
    assert faults(tmp_path, claims) == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM events WHERE {one} AND sequence = 5", "entry 5 is missing, or there twice"),
        ("DELETE FROM events WHERE {one} AND sequence = 12", "acknowledged up to 12, there up to 11"),
        ("DELETE FROM events WHERE {one}", "nothing of its journal"),
        ("UPDATE events SET entry = replace(entry, 'boot', 'b00t') WHERE {one} AND sequence = 3", "entry 3 is not"),
        ("UPDATE events SET previous = hash WHERE {one} AND sequence = 3", "entry 3 is not the one that follows"),
        ("INSERT INTO strays SELECT * FROM events WHERE {one} AND sequence = 7", "entry 7 is there beside its chain"),
    ],
)
def test_what_is_wrong_with_it_is_named(tmp_path: Path, claims: list[Claim], statement: str, fault: str) -> None:
    one = f"terminal = '{claims[0].terminal}'"
    (found,) = faults(tmp_path, claims, statement.format(one=one))
    assert found.startswith(f"{claims[0].terminal}: {fault}")


def test_another_hash_and_more_than_was_written_are_named(tmp_path: Path, claims: list[Claim]) -> None:
    first, second, _ = claims
    other = Claim(first.terminal, first.journal_id, COUNT, "0" * 64, COUNT)
    fewer = Claim(second.terminal, second.journal_id, 0, "0" * 64, COUNT - 1)
    assert faults(tmp_path, [other, fewer]) == [
        f"{first.terminal}: entry 12 has another hash than was acknowledged",
        f"{second.terminal}: entry 12 was never written; the last was 11",
    ]
