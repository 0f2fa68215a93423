"""Anybody says anything on any topic of the fleet: it is refused or stored safely and counted, and others are heard.

`make fuzz` says much more; FUZZ_EXAMPLES=N as much as you like.
"""

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.lifecycle import ACTIVE
from agent.report.topics import Topics
from tests.hostile.fleet_door import GOOD, Door, Said
from tests.leaks.strategies import JSON, damaged
from tests.tools.fleet.publisher import CONFIG, INFO, Journal, digest, state, wait_until
from tools.fleet.load.machine import Machine
from tools.fleet.load.outgoing import Outgoing
from tools.fleet.load.vitals import Now, readings
from tools.fleet.load.who import chance, terminals
from tools.rig.files import FLEET

FEW = 30
MANY = int(os.environ.get("FUZZ_EXAMPLES", "500"))
FLOOD = 800
# How long the terminal that behaves may wait for its acknowledgement: also while another one floods the backend.
HEARD_WITHIN_S = 10.0
WHO = terminals(1, seed=7)[0]
TOPICS = Topics(FLEET, WHO.serial)
MARK = "f1nd-me"
CHANNELS = (
    "state", "info", "vitals", "event", "config/reported", "cmd/ping/c1/status", "event/ack", "config/desired",
    "cmd/ping/c1", "keys",
)  # fmt: skip


def valid() -> dict[str, bytes]:
    """A message of each kind that keeps the contract, by channel; of events the most various."""
    machine, outgoing = Machine(WHO, seed=7), Outgoing(TOPICS.source, 200)
    machine.lifecycle = ACTIVE
    for _ in range(40):
        machine.go_on()
    made = {}
    for step in machine.story:
        if step.record is not None:
            outgoing.write(step.record, machine.clock.stamp(machine.boot_id), 0.0, True)
    for number, waiting in enumerate(outgoing.due()):
        made[f"event {number}"] = waiting.payload
    now = Now(machine.clock, machine.boot_id, ACTIVE, [], 0, 0, 5, 0, "approved", "00")
    status = {"format": "jumpguard.command-status/1", "type": "ping", "id": "c1", "state": "running"}
    return made | {
        "state": machine.state("online", 1, outgoing.journal_id),
        "info": machine.info(),
        "vitals": readings(now, chance(7)),
        "config/reported": json.dumps(CONFIG).encode(),
        "cmd/ping/c1/status": json.dumps({**status, "code": "", "progress": 50, "result": {}}).encode(),
    }


VALID = valid()
LEVELS = st.text(st.characters(exclude_characters="+#\0\ud800", exclude_categories=["Cs"]), max_size=12)
SOME_TOPICS = (
    st.sampled_from(CHANNELS).map(TOPICS.of)
    | st.builds("jumpguard/1/{}/{}/{}".format, LEVELS, LEVELS, st.sampled_from(CHANNELS) | LEVELS)
    | st.builds("jumpguard/{}/{}/{}/{}".format, LEVELS, st.just(FLEET), st.just(WHO.serial), st.sampled_from(CHANNELS))
    | st.lists(LEVELS, min_size=1, max_size=6).map("/".join).filter(bool)
)
GARBAGE = (
    st.binary(max_size=100)
    | JSON.map(lambda said: json.dumps(said).encode())
    | st.sampled_from([b'{"a":' * 900 + b"1" + b"}" * 900, b"9" * 5_000, b"[" * 60_000, b'{"a":NaN}', b'{"a":1,"a":2}'])
    | st.builds(lambda text: json.dumps({MARK: text}).encode(), st.text(max_size=30))
)
# What kept the contract and was damaged, or has other fields, and goes where it belongs.
MUTATED = st.sampled_from(sorted(VALID)).flatmap(
    lambda name: st.tuples(
        st.just(TOPICS.of(name.partition(" ")[0])),
        damaged(VALID[name])
        | st.dictionaries(st.sampled_from(sorted(json.loads(VALID[name]))), JSON, min_size=1, max_size=2).map(
            lambda changes: json.dumps(json.loads(VALID[name]) | changes).encode()
        ),
        st.booleans(),
    )
)
# What has canonical bytes, so that it takes its place in a chain, whatever the kind of the entry means by it.
CANONICAL: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)
BODIES = {event["data"]["kind"]: event["data"]["body"] for event in map(json.loads, VALID.values()) if "data" in event}


@st.composite
def odd_events(draw: st.DrawFn) -> Said:
    """The first event of a new journal, of a known kind, with a body that has other values than any agent writes."""
    kind = draw(st.sampled_from(sorted(BODIES)))
    names = st.sampled_from(sorted(BODIES[kind]) or ["more"])
    body = BODIES[kind] | draw(st.dictionaries(names, CANONICAL, min_size=1, max_size=3))
    for name in draw(st.sets(names, max_size=1)):
        body.pop(name)
    journal = Journal(f"JG-ODD-{draw(st.integers(0, 9))}")
    event = journal.event(journal.add(kind=kind, body=body))
    return Topics(FLEET, journal.terminal).of("event"), json.dumps(event).encode(), False


MESSAGES = st.lists(odd_events() | MUTATED | st.tuples(SOME_TOPICS, GARBAGE, st.booleans()), min_size=1, max_size=12)
FUZZED = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=FEW)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with Door(tmp_path_factory.mktemp("door")) as door:
        yield door
        stored = door.reader.events(GOOD)
        assert [event.hash for event in stored] == [digest(entry) for entry in door.journal.entries]
        assert not any(MARK in f"{refusal.topic} {refusal.reason}" for refusal in door.reader.refusals())


def hold(door: Door, said: list[Said]) -> None:
    """Say it, and hold that the terminal that behaves is heard and what was refused is counted in words of our own."""
    door.hostile(said)
    assert door.good_is_heard() < HEARD_WITHIN_S
    for refusal in door.reader.refusals():
        assert len(refusal.reason) < 120 and refusal.count > 0 and len(refusal.topic) < 200


@given(said=MESSAGES)
@FUZZED
def test_some_messages_on_any_topic_stop_nobody(door: Door, said: list[Said]) -> None:
    hold(door, said)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
@given(said=MESSAGES)
@settings(FUZZED, max_examples=MANY)
def test_many_messages_on_any_topic_stop_nobody(door: Door, said: list[Said]) -> None:
    hold(door, said)


def refused(door: Door, terminal: str, reason: str) -> int:
    """How often messages of `terminal` were refused for `reason`."""
    named = [one for one in door.reader.refusals() if f"/{terminal}/" in one.topic and reason in one.reason]
    return sum(one.count for one in named)


def test_a_terminal_that_lies_about_its_name_is_refused(door: Door) -> None:
    liar, other = "JG-LIAR-0001", Journal("JG-LIAR-0002")
    event = json.dumps(other.event(other.add())).encode()
    door.hostile([(Topics(FLEET, liar).of("event"), event, False)])
    wait_until(lambda: refused(door, liar, "source is not that of the topic") == 1, "the refusal")
    assert door.reader.events(liar) == door.reader.events(other.terminal) == []
    assert door.good_is_heard() < HEARD_WITHIN_S


@pytest.mark.parametrize(
    ("time", "taken"),
    [
        ("1970-01-01T00:00:00.000Z", True),
        ("2099-12-31T23:59:59.999Z", True),
        ("0001-01-01T00:00:00.000Z", True),
        ("9999-12-31T23:59:59.999Z", True),
        ("2026-02-30T00:00:00.000Z", False),
        ("0000-01-01T00:00:00.000Z", False),
        ("2026-11-26T24:00:01.000Z", False),
    ],
)
@pytest.mark.parametrize("clock", ["synced", "unsynced"])
def test_a_time_that_exists_is_stored_and_no_other(door: Door, time: str, taken: bool, clock: str) -> None:
    journal = Journal(f"JG-TIME-{time[:4]}-{clock[:4]}")
    topics = Topics(FLEET, journal.terminal)
    said = [state("online", 1) | {"journal_id": journal.journal_id}, journal.event(journal.add(time=time, clock=clock))]
    door.hostile(
        [(topics.of(name), json.dumps(one).encode(), False) for name, one in zip(("state", "event"), said, strict=True)]
    )
    if taken:
        wait_until(lambda: len(door.reader.events(journal.terminal)) == 1, "the event")
    else:
        wait_until(lambda: refused(door, journal.terminal, "time") == 1, "the refusal")
    assert door.good_is_heard() < HEARD_WITHIN_S


@pytest.mark.parametrize("channel", ["event", "info", "vitals", "state", "config/reported", "cmd/ping/c1/status"])
@pytest.mark.parametrize("length", [70_000, 1_000_000, 1_200_000])
def test_a_field_of_a_million_characters_is_refused(door: Door, channel: str, length: int) -> None:
    terminal = f"JG-LONG-{length}"
    base = json.loads(next(VALID[name] for name in sorted(VALID) if name.startswith(channel)))
    payload = json.dumps(base | {"note": "x" * length}).encode()
    before = refused(door, terminal, "larger than")
    door.hostile([(Topics(FLEET, terminal).of(channel), payload, False)])
    if length < 2**20:  # the broker takes no more
        wait_until(lambda: refused(door, terminal, "larger than") == before + 1, "the refusal")
    assert door.good_is_heard() < HEARD_WITHIN_S


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'; DROP TABLE events; --", "x" * 20_000, "\u202eevil\0\x1b[2J", "{{7*7}}"]
)
def test_a_hostile_merchant_name_is_kept_as_it_is_and_runs_nothing(door: Door, name: str) -> None:
    journal = Journal(f"JG-NAME-{digest({'name': name})[:8]}")
    template = next(one for one in map(json.loads, VALID.values()) if one.get("type") == "jumpguard.sale.authorising")
    finish = next(one for one in map(json.loads, VALID.values()) if "sale.finished" in one.get("type", ""))
    topics = Topics(FLEET, journal.terminal)
    entries = [
        journal.add(kind="sale.authorising", body=template["data"]["body"] | {"merchant": name}),
        journal.add(kind="sale.finished", body=finish["data"]["body"] | {"code": name}),
        journal.add(kind="jump.detected", body=JUMP | {"observed": {"name": name}, "sale": name}),
        journal.add(kind="lifecycle.changed", body={"from": "active", "to": name, "reason": name}),
    ]
    said = [(topics.of("event"), json.dumps(journal.event(entry)).encode(), False) for entry in entries]
    said.append((topics.of("info"), json.dumps(INFO | {"software": name, "hardware": name}).encode(), True))
    door.hostile(said)
    wait_until(lambda: len(door.reader.events(journal.terminal)) == len(entries), "the events")
    stored = [json.loads(event.entry) for event in door.reader.events(journal.terminal)]
    assert stored == entries
    assert door.good_is_heard() < HEARD_WITHIN_S


JUMP = {
    "sale": "s0123456789abcdef", "stage": "answer", "fields": ["name"], "expected": {"name": "A"},
    "observed": {"name": "B"}, "reverses": False, "causes": [],
}  # fmt: skip


@pytest.mark.parametrize("garbage", [False, True], ids=["events", "garbage"])
def test_a_flood_from_one_terminal_does_not_silence_the_others(door: Door, garbage: bool) -> None:
    journal = Journal(f"JG-FLOOD-{int(garbage)}")
    topic = Topics(FLEET, journal.terminal).of("event")
    said = [
        (topic, b"\xff" * 400 if garbage else json.dumps(journal.event(journal.add())).encode(), False)
        for _ in range(FLOOD)
    ]
    flood = threading.Thread(target=door.hostile, args=(said,))
    flood.start()
    heard = [door.good_is_heard() for _ in range(5)]
    flood.join()
    assert max(heard) < HEARD_WITHIN_S, heard
    if garbage:
        # The broker may bring some of it a second time.
        wait_until(lambda: refused(door, journal.terminal, "not JSON") >= FLOOD, "all of it refused")
    else:
        wait_until(lambda: len(door.reader.events(journal.terminal)) == FLOOD, "all of it stored")
